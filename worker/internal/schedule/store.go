package schedule

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
)

// store reads and writes schedules. It is safe for concurrent use.
type store struct{ db *database.DB }

// declare stores the code's declarations. It inserts a new schedule whole. In
// an existing one, a field follows its declaration unless an operator has
// changed it. next computes the next due time. It applies if cron or time zone
// change, and if the schedule would be due later because the clock was set
// back. Unchanged rows are not written.
func (s store) declare(ctx context.Context, declared []*model.Schedule, next func(cron, timeZone string) (model.Time, error)) error {
	if len(declared) == 0 {
		return nil
	}
	err := s.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(&declared).On("CONFLICT (name) DO NOTHING").Returning("NULL").Exec(ctx); err != nil {
			return err
		}
		names := make([]string, len(declared))
		byName := make(map[string]*model.Schedule, len(declared))
		for i, d := range declared {
			names[i], byName[d.Name] = d.Name, d
		}
		var rows []*model.Schedule
		query := tx.NewSelect().Model(&rows).Where("name IN (?)", bun.List(names)).OrderExpr("name")
		if s.db.IsPostgres() {
			query = query.For("UPDATE")
		}
		if err := query.Scan(ctx); err != nil {
			return err
		}
		for _, row := range rows {
			was := *row
			changed := row.Declare(byName[row.Name])
			moved := row.Cron != was.Cron || row.TimeZone != was.TimeZone
			due, err := next(row.Cron, row.TimeZone)
			switch {
			case err != nil && moved:
				return fmt.Errorf("schedule %s: %w", row.Name, err)
			case err == nil && (moved || due.Std().Before(row.NextRunAt.Std())):
				row.NextRunAt = due
			case !changed:
				continue
			}
			if _, err := tx.NewUpdate().Model(row).WherePK().Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return database.Error(err, "declare %d schedules", len(declared))
}

// anyDue reports whether a schedule of names is due at now.
func (s store) anyDue(ctx context.Context, names []string, now model.Time) (bool, error) {
	found, err := due(s.db, names, now).Exists(ctx)
	return found, database.Error(err, "find due schedules")
}

// takeDue passes the due schedules of names to advance, the longest due first
// and at most limit of them. It stores their new NextRunAt and LastRunID, all
// in one transaction. It skips schedules that another worker has locked.
func (s store) takeDue(ctx context.Context, names []string, now model.Time, limit int, advance func(ctx context.Context, tx transaction, schedules []*model.Schedule) error) error {
	err := s.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		var schedules []*model.Schedule
		query := due(tx, names, now).Model(&schedules).OrderExpr("next_run_at, name").Limit(int64(limit))
		if s.db.IsPostgres() {
			query = query.For("UPDATE SKIP LOCKED")
		}
		if err := query.Scan(ctx); err != nil || len(schedules) == 0 {
			return err
		}
		if err := advance(ctx, transaction{tx}, schedules); err != nil {
			return err
		}
		for _, schedule := range schedules {
			if _, err := tx.NewUpdate().Model(schedule).Column("next_run_at", "last_run_id").WherePK().Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return database.Error(err, "take due schedules")
}

func due(db bun.IDB, names []string, now model.Time) *bun.SelectQuery {
	return db.NewSelect().Model((*model.Schedule)(nil)).
		Where("NOT paused").Where("next_run_at <= ?", now).Where("name IN (?)", bun.List(names))
}

// transaction is the transaction in which schedules are advanced.
type transaction struct{ tx bun.Tx }

// sql returns the transaction for other libraries.
func (t transaction) sql() *sql.Tx { return t.tx.Tx }

// busy reports whether a run of task waits or works. A run that waits for a
// retry does not count, because it may wait for hours.
func (t transaction) busy(ctx context.Context, task string) (bool, error) {
	found, err := t.tx.NewSelect().Table("river_job").Where("kind = ?", task).
		Where("state IN ('available', 'pending', 'running')").Exists(ctx)
	return found, database.Error(err, "find the runs of %s", task)
}
