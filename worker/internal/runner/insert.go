package runner

import (
	"context"

	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/tracing"
)

// Nudged inserts a run of the task called name, unless a run from a
// notification is already waiting. That run will find the work of this
// notification, too.
func (r *Runner) Nudged(ctx context.Context, name string) error {
	ctx, span := r.traceNudge(ctx, name)
	err := r.insertNudged(ctx, name)
	tracing.End(span, err)
	return err
}

func (r *Runner) insertNudged(ctx context.Context, name string) error {
	if waits, err := r.store.waits(ctx, name); err != nil || waits {
		return err
	}
	run, err := runs.Insert(ctx, r.Client(), name, runs.Nudge)
	if err != nil {
		return err
	}
	r.cfg.Publish(events.OfRun(events.RunsQueued, model.NewTime(r.cfg.Now()), run))
	return nil
}
