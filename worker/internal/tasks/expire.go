package tasks

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/worker/internal/store"
	"github.com/fualab/fualab/worker/internal/task"
)

// expireItems sets items expired whose time has come.
func expireItems(d Deps) task.Task {
	return task.Task{
		Name:          "items.expire",
		Summary:       "Sets items expired whose expires_at has passed",
		Cron:          "* * * * *",
		MissedPolicy:  model.MissedOnce,
		OverlapPolicy: model.OverlapSkip,
		Timeout:       time.Minute,
		Event:         events.ItemsExpired,
		Run: func(ctx context.Context) (task.Result, error) {
			return inBatches(ctx, task.Result{}, func(ctx context.Context) (store.Changes, bool, error) {
				done, err := d.Store.ExpireItems(ctx, model.NewTime(d.Now()), batchSize)
				return done, done.Rows == batchSize, err
			})
		},
	}
}
