package prune

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/worker/internal/task"
)

// Keys is the task that deletes expired idempotency keys with their responses.
func Keys(db *database.DB, now func() time.Time) task.Task {
	return task.Task{
		Name:          "idempotency.prune",
		Summary:       "Deletes expired idempotency keys",
		Cron:          "23 * * * *",
		MissedPolicy:  model.MissedOnce,
		OverlapPolicy: model.OverlapSkip,
		Timeout:       10 * time.Minute,
		Run: func(ctx context.Context) (task.Result, error) {
			at := model.NewTime(now())
			return task.InBatches(ctx, task.Result{}, task.UntilShort(func(ctx context.Context, limit int) (int64, error) {
				return pruneKeys(ctx, db, at, limit)
			}))
		},
	}
}

// pruneKeys deletes at most limit idempotency keys that expired before now, the
// oldest first, and returns their number.
func pruneKeys(ctx context.Context, db *database.DB, now model.Time, limit int) (int64, error) {
	result, err := db.NewRaw(`WITH done AS MATERIALIZED (SELECT caller, key FROM idempotency_keys
		WHERE expires_at <= ? ORDER BY expires_at LIMIT ? ?)
		DELETE FROM idempotency_keys WHERE (caller, key) IN (SELECT caller, key FROM done)`,
		now, limit, db.SkipLocked()).Exec(ctx)
	if err != nil {
		return 0, database.Error(err, "prune idempotency keys from before %s", now)
	}
	n, err := result.RowsAffected()
	return n, database.Error(err, "count pruned idempotency keys")
}
