// Package prune has the platform's own tasks: they delete old runs and
// idempotency keys. Each task has its SQL beside it.
package prune

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/worker/internal/task"
)

// An unimportant run is kept for a small part of the retention, because
// notifications make up to one run a second. A discarded run waits for a user,
// so it is kept for a multiple of the retention.
const (
	dullPart      = 10
	discardedTime = 4
)

// Runs is the task that deletes old runs. retention is the time that a run is
// kept.
func Runs(db *database.DB, now func() time.Time, retention time.Duration) task.Task {
	return task.Task{
		Name:          "runs.prune",
		Summary:       "Deletes runs that ended long ago",
		Cron:          "47 3 * * *",
		MissedPolicy:  model.MissedOnce,
		OverlapPolicy: model.OverlapSkip,
		Timeout:       10 * time.Minute,
		Run: func(ctx context.Context) (result task.Result, err error) {
			at := now()
			before := func(age time.Duration) model.Time { return model.NewTime(at.Add(-age)) }
			for _, which := range []prunable{
				{State: runs.StateCompleted, Before: before(retention)},
				{State: runs.StateCompleted, Before: before(retention / dullPart), Dull: true},
				{State: runs.StateCancelled, Before: before(retention)},
				{State: runs.StateDiscarded, Before: before(discardedTime * retention)},
			} {
				result, err = task.InBatches(ctx, result, task.UntilShort(func(ctx context.Context, limit int) (int64, error) {
					return pruneRuns(ctx, db, which, limit)
				}))
				if err != nil {
					return result, err
				}
			}
			return result, nil
		},
	}
}

// prunable selects runs that ended in State before Before.
type prunable struct {
	State  runs.State
	Before model.Time
	// Dull selects only unimportant runs: those from a notification, and those
	// without effect.
	Dull bool
}

// dull finds a run without effect by its recorded output (runs.Output). A run
// without a record is kept. The operators read jsonb on Postgres, and River's
// binary JSON on SQLite.
const dull = `(args ->> 'trigger' = 'nudge' OR CAST(metadata -> 'output' ->> 'rows_affected' AS text) = '0')`

// pruneRuns deletes at most limit runs of p, the oldest first, and returns
// their number. The last run of a schedule stays, so that the schedule can
// still show its result.
func pruneRuns(ctx context.Context, db *database.DB, p prunable, limit int) (int64, error) {
	only := bun.Safe("")
	if p.Dull {
		only = "AND " + dull
	}
	result, err := db.NewRaw(`WITH done AS MATERIALIZED (SELECT id FROM river_job
		WHERE state = ? AND finalized_at < ? ?
			AND id NOT IN (SELECT last_run_id FROM schedules WHERE last_run_id IS NOT NULL)
		ORDER BY finalized_at LIMIT ? ?)
		DELETE FROM river_job WHERE id IN (SELECT id FROM done)`,
		string(p.State), riverTime(db, p.Before), only, limit, db.SkipLocked()).Exec(ctx)
	if err != nil {
		return 0, database.Error(err, "prune %s runs from before %s", p.State, p.Before)
	}
	n, err := result.RowsAffected()
	return n, database.Error(err, "count pruned runs")
}

// riverTime is t in the form of River's tables: on SQLite a text in
// milliseconds.
func riverTime(db *database.DB, t model.Time) any {
	if db.IsPostgres() {
		return t
	}
	return t.Std().Round(time.Millisecond).Format("2006-01-02 15:04:05.000")
}
