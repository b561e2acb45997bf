package tasks

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/worker/internal/store"
	"github.com/fualab/fualab/worker/internal/task"
)

// purgeItems deletes for good what has been kept for long enough: deleted
// items, and the events from which days are counted. Events go by whole UTC
// days, so that no day is ever counted from a part of them.
func purgeItems(d Deps) task.Task {
	return task.Task{
		Name:          "items.purge",
		Summary:       "Deletes for good items deleted long ago, and old events",
		Cron:          "17 3 * * *",
		MissedPolicy:  model.MissedOnce,
		OverlapPolicy: model.OverlapSkip,
		Timeout:       10 * time.Minute,
		Event:         events.ItemsPurged,
		Run: func(ctx context.Context) (task.Result, error) {
			now := d.Now()
			items := model.NewTime(now.Add(-d.ItemRetention))
			result, err := inBatches(ctx, task.Result{}, func(ctx context.Context) (store.Changes, bool, error) {
				return d.Store.PurgeItems(ctx, items, batchSize)
			})
			if err != nil {
				return result, err
			}
			events := model.NewTime(firstCountable(d))
			return inBatches(ctx, result, untilShort(func(ctx context.Context, limit int) (int64, error) {
				return d.Store.PurgeEvents(ctx, events, limit)
			}))
		},
	}
}
