package runner

import (
	"github.com/riverqueue/river"

	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// tellEnds publishes the end of every attempt, until execution stops or the
// returned function is called. River reports an end after the database has the
// run's new state, so a subscriber that reads the run then sees that state.
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
