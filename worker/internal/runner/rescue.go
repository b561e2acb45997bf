package runner

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// rescueBatch is the largest number of runs that one turn checks.
const rescueBatch = 1000

var errLost = errors.New("the worker that ran it is gone")

// anyAge is later than the beginning of any attempt, by any clock, because the
// age does not matter here.
var anyAge = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// rescue gives the runs of dead workers back to the queue. River's own rescue
// depends on a run's age, which must be longer than any run. This worker counts
// as alive, whatever its row says, because a slow database delays its
// heartbeats, too.
func (r *Runner) rescue(ctx context.Context) error {
	list, err := r.client.JobList(ctx, river.NewJobListParams().States(rivertype.JobStateRunning).First(rescueBatch))
	if err != nil || len(list.Jobs) == 0 {
		return database.Error(err, "list running runs")
	}
	beats, err := r.store.beats(ctx)
	if err != nil {
		return err
	}
	r.fleet.look(r.cfg.Now(), beats)
	lost := slices.DeleteFunc(list.Jobs, func(job *rivertype.JobRow) bool {
		return holder(job) == r.cfg.Instance || !r.fleet.dead(holder(job))
	})
	if len(lost) == 0 {
		return nil
	}
	return r.giveBack(ctx, lost)
}

func holder(job *rivertype.JobRow) string {
	if len(job.AttemptedBy) == 0 {
		return ""
	}
	return job.AttemptedBy[len(job.AttemptedBy)-1]
}

// giveBack makes lost runs available again. It cancels those with a request for
// cancellation, and discards those without an attempt left. It does not change
// a run that has ended in the meantime, or that another worker has rescued.
func (r *Runner) giveBack(ctx context.Context, lost []*rivertype.JobRow) error {
	listed := make(map[int64]*rivertype.JobRow, len(lost))
	ids := make([]int64, len(lost))
	for i, job := range lost {
		ids[i], listed[job.ID] = job.ID, job
	}
	now := r.cfg.Now()
	var given []*rivertype.JobRow
	err := r.store.hold(ctx, ids, func(ctx context.Context, tx *sql.Tx) error {
		held, err := r.client.JobListTx(ctx, tx, river.NewJobListParams().IDs(ids...).States(rivertype.JobStateRunning).First(len(ids)))
		if err != nil {
			return err
		}
		given = slices.DeleteFunc(held.Jobs, func(job *rivertype.JobRow) bool {
			was := listed[job.ID]
			return job.Attempt != was.Attempt || holder(job) != holder(was) || !job.AttemptedAt.Equal(*was.AttemptedAt)
		})
		if len(given) == 0 {
			return nil
		}
		params, err := rescueOf(given, now)
		if err != nil {
			return err
		}
		_, err = r.client.Driver().UnwrapExecutor(tx).JobRescueMany(ctx, params)
		return err
	})
	if err != nil {
		return database.Error(err, "give back %d runs", len(lost))
	}
	for _, job := range given {
		r.cfg.Log.WarnContext(ctx, "run rescued", "task", job.Kind, "run", job.ID, "attempt", job.Attempt, "held_by", holder(job), "state", job.State)
		r.cfg.Publish(events.OfRun(events.RunsFinished, model.NewTime(now), runs.Of(job)))
	}
	return nil
}

// rescueOf sets the new state of each of jobs, and returns the parameters of
// the update.
func rescueOf(jobs []*rivertype.JobRow, now time.Time) (*riverdriver.JobRescueManyParams, error) {
	params := &riverdriver.JobRescueManyParams{StuckHorizon: anyAge}
	for _, job := range jobs {
		fault, err := json.Marshal(rivertype.AttemptError{At: now.UTC(), Attempt: job.Attempt, Error: errLost.Error() + ": " + holder(job)})
		if err != nil {
			return nil, err
		}
		finalized := &now
		switch {
		case runs.CancelRequested(job):
			job.State = rivertype.JobStateCancelled
		case job.Attempt >= job.MaxAttempts:
			job.State = rivertype.JobStateDiscarded
		default:
			job.State, finalized = rivertype.JobStateAvailable, nil
		}
		params.ID = append(params.ID, job.ID)
		params.Error = append(params.Error, fault)
		params.FinalizedAt = append(params.FinalizedAt, finalized)
		params.ScheduledAt = append(params.ScheduledAt, job.ScheduledAt) // long overdue, by any clock
		params.State = append(params.State, string(job.State))
	}
	return params, nil
}
