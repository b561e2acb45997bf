package runner

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// store reads runs, and the heartbeats of workers. It is safe for concurrent
// use.
type store struct{ db *database.DB }

// waits reports whether a run of task from a notification waits.
func (s store) waits(ctx context.Context, task string) (bool, error) {
	found, err := s.db.NewSelect().Table("river_job").
		Where("state = 'available'").Where("queue = ?", runs.NudgeQueue).Where("kind = ?", task).Exists(ctx)
	return found, database.Error(err, "find a waiting run of %s", task)
}

// hold calls f in a transaction that locks the runs of ids.
func (s store) hold(ctx context.Context, ids []int64, f func(ctx context.Context, tx *sql.Tx) error) error {
	return s.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if s.db.IsPostgres() {
			if _, err := tx.NewRaw("SELECT FROM river_job WHERE id IN ? ORDER BY id FOR UPDATE", bun.Tuple(ids)).Exec(ctx); err != nil {
				return err
			}
		}
		return f(ctx, tx.Tx)
	})
}

// beats returns the last heartbeat of each worker with a row, by the worker's
// own clock.
func (s store) beats(ctx context.Context) (map[string]model.Time, error) {
	var workers []model.Worker
	if err := s.db.NewSelect().Model(&workers).Column("instance", "last_beat").Scan(ctx); err != nil {
		return nil, database.Error(err, "select the workers' heartbeats")
	}
	beats := make(map[string]model.Time, len(workers))
	for _, w := range workers {
		beats[w.Instance] = w.LastBeat
	}
	return beats, nil
}
