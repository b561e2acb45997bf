package tasks

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/worker/internal/task"
)

// pruneKeys deletes idempotency keys, with their answers, that the API has
// forgotten.
func pruneKeys(d Deps) task.Task {
	return task.Task{
		Name:          "idempotency.prune",
		Summary:       "Deletes idempotency keys that have expired",
		Cron:          "23 * * * *",
		MissedPolicy:  model.MissedOnce,
		OverlapPolicy: model.OverlapSkip,
		Timeout:       10 * time.Minute,
		Run: func(ctx context.Context) (task.Result, error) {
			now := model.NewTime(d.Now())
			return inBatches(ctx, task.Result{}, untilShort(func(ctx context.Context, limit int) (int64, error) {
				return d.Store.PruneKeys(ctx, now, limit)
			}))
		},
	}
}
