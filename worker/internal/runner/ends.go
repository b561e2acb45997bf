package runner

import (
	"github.com/riverqueue/river"

	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// tellEnds has the end of every attempt published until execution stops, or
// until the function that it returns is called. River tells of an end once the
// database has the run's new state, so that whoever looks then sees it.
func (r *Runner) tellEnds() (cancel func()) {
	ends, cancel := r.client.Subscribe(
		river.EventKindJobCompleted, river.EventKindJobFailed, river.EventKindJobCancelled,
		river.EventKindJobSnoozed, river.EventKindJobInterrupted)
	r.ends.Go(func() {
		for end := range ends {
			r.cfg.Publish(events.OfRun(events.RunsFinished, model.NewTime(r.cfg.Now()), runs.Of(end.Job)))
		}
	})
	return cancel
}
