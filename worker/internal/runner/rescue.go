package runner

import (
	"context"
	"encoding/json"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// giveBack makes lost runs available again, cancels those that somebody wanted
// cancelled, and discards those that have no attempt left. A run that has
// meanwhile ended is left as it is.
func (r *Runner) giveBack(ctx context.Context, lost []*rivertype.JobRow, now time.Time) error {
	if len(lost) == 0 {
		return nil
	}
	params := &riverdriver.JobRescueManyParams{StuckHorizon: now}
	for _, job := range lost {
		fault, err := json.Marshal(rivertype.AttemptError{At: now.UTC(), Attempt: job.Attempt, Error: errLost.Error() + ": " + holder(job)})
		if err != nil {
			return err
		}
		state, finalized := rivertype.JobStateAvailable, &now
		switch {
		case runs.CancelRequested(job):
			state = rivertype.JobStateCancelled
		case job.Attempt >= job.MaxAttempts:
			state = rivertype.JobStateDiscarded
		default:
			finalized = nil
		}
		params.ID = append(params.ID, job.ID)
		params.Error = append(params.Error, fault)
		params.FinalizedAt = append(params.FinalizedAt, finalized)
		params.ScheduledAt = append(params.ScheduledAt, now)
		params.State = append(params.State, string(state))
		r.cfg.Log.WarnContext(ctx, "run rescued", "task", job.Kind, "run", job.ID, "attempt", job.Attempt, "held_by", holder(job), "state", state)
	}
	if _, err := r.client.Driver().GetExecutor().JobRescueMany(ctx, params); err != nil {
		return database.Error(err, "give back %d runs", len(lost))
	}
	for i, job := range lost {
		job.State = rivertype.JobState(params.State[i])
		r.cfg.Publish(events.OfRun(events.RunsFinished, model.NewTime(now), job))
	}
	return nil
}
