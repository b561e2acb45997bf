package tasks

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/worker/internal/store"
	"github.com/fualab/fualab/worker/internal/task"
	"github.com/fualab/fualab/worker/internal/text"
)

// enrichItems is the second half of every create, change and delete: what
// follows from an item's name, for itself and for its duplicates. A nudge
// starts it at once, the schedule finds what a lost nudge left.
func enrichItems(d Deps) task.Task {
	return task.Task{
		Name:          "items.enrich",
		Summary:       "Gives new and changed items their slug, and finds duplicates",
		Cron:          "* * * * *",
		MissedPolicy:  model.MissedOnce,
		OverlapPolicy: model.OverlapSkip, // a run that waits or works finds it as well
		Timeout:       2 * time.Minute,
		Event:         events.ItemsEnriched,
		Run: func(ctx context.Context) (task.Result, error) {
			return inBatches(ctx, task.Result{}, func(ctx context.Context) (store.Changes, bool, error) {
				return d.Store.EnrichItems(ctx, batchSize, derive)
			})
		},
	}
}

func derive(id int64, name string) (slug, fingerprint string) {
	return text.Slug(name, id), text.Fingerprint(name)
}
