package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/runs"
)

// RunWaits reports whether a run of task that a nudge made waits to be executed.
func (s *Store) RunWaits(ctx context.Context, task string) (bool, error) {
	found, err := s.db.NewSelect().Table("river_job").
		Where("state = 'available'").Where("queue = ?", runs.NudgeQueue).Where("kind = ?", task).Exists(ctx)
	return found, database.Error(err, "look for a waiting run of %s", task)
}

// HoldRuns calls f in a transaction in which nobody else changes the runs of
// ids.
func (s *Store) HoldRuns(ctx context.Context, ids []int64, f func(ctx context.Context, tx Tx) error) error {
	return s.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if s.db.IsPostgres() {
			if _, err := tx.NewRaw("SELECT FROM river_job WHERE id IN ? ORDER BY id FOR UPDATE", bun.Tuple(ids)).Exec(ctx); err != nil {
				return err
			}
		}
		return f(ctx, Tx{tx})
	})
}
