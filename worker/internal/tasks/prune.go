package tasks

import (
	"context"
	"time"

	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/worker/internal/store"
	"github.com/fualab/fualab/worker/internal/task"
)

// A run of no interest is kept for so small a part of the retention: a nudge
// makes one a second. A discarded run waits for a person, so it is kept for
// that many times the retention.
const (
	dullPart      = 10
	discardedTime = 4
)

// pruneRuns deletes runs that ended long ago.
func pruneRuns(d Deps) task.Task {
	return task.Task{
		Name:          "runs.prune",
		Summary:       "Deletes runs that ended long ago",
		Cron:          "47 3 * * *",
		MissedPolicy:  model.MissedOnce,
		OverlapPolicy: model.OverlapSkip,
		Timeout:       10 * time.Minute,
		Run: func(ctx context.Context) (result task.Result, err error) {
			now := d.Now()
			before := func(age time.Duration) model.Time { return model.NewTime(now.Add(-age)) }
			for _, which := range []store.Prunable{
				{State: rivertype.JobStateCompleted, Before: before(d.RunRetention)},
				{State: rivertype.JobStateCompleted, Before: before(d.RunRetention / dullPart), Dull: true},
				{State: rivertype.JobStateCancelled, Before: before(d.RunRetention)},
				{State: rivertype.JobStateDiscarded, Before: before(discardedTime * d.RunRetention)},
			} {
				result, err = inBatches(ctx, result, untilShort(func(ctx context.Context, limit int) (int64, error) {
					return d.Store.PruneRuns(ctx, which, limit)
				}))
				if err != nil {
					return result, err
				}
			}
			return result, nil
		},
	}
}
