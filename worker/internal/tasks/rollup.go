package tasks

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/worker/internal/store"
	"github.com/fualab/fualab/worker/internal/task"
)

// day is a UTC day, which is always as long as this.
const day = 24 * time.Hour

// rollupStats counts each UTC day on which something may have happened since
// the last pass: from the day before the newest that has counts, because a
// change is committed a little after the time that it bears.
func rollupStats(d Deps) task.Task {
	return task.Task{
		Name:          "stats.rollup",
		Summary:       "Counts what happened to items per day",
		Cron:          "*/5 * * * *",
		MissedPolicy:  model.MissedOnce,
		OverlapPolicy: model.OverlapSkip,
		Timeout:       4 * time.Minute,
		Run: func(ctx context.Context) (task.Result, error) {
			now := d.Now()
			reached, err := d.Store.RollupReached(ctx)
			if errs.Is(err, errs.NotFound) {
				return task.Result{}, nil
			}
			if err != nil {
				return task.Result{}, err
			}
			today := now.UTC().Truncate(day)
			next := earlier(reached, today).Add(-day)
			if first := firstCountable(d); next.Before(first) {
				next = first
			}
			return inBatches(ctx, task.Result{}, func(ctx context.Context) (store.Changes, bool, error) {
				rows, err := d.Store.RollupDays(ctx, next, next, now)
				next = next.Add(day)
				return store.Changes{Rows: rows}, !next.After(today), err
			})
		},
	}
}

// firstCountable returns the beginning of the first UTC day whose events are
// all kept, at the latest of yesterday.
func firstCountable(d Deps) time.Time {
	now := d.Now().UTC()
	return earlier(now.Add(-d.EventRetention), now.Add(-day)).Truncate(day)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
