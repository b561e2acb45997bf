package runner

import (
	"context"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/worker/internal/task"
)

// progressEvery is the least time between two records of a run's progress.
const progressEvery = time.Second

// recorder stores and publishes the progress of a working run.
type recorder struct {
	ctx    context.Context // the context of one run; the recorder does not outlive it
	runner *Runner
	job    *rivertype.JobRow
	event  events.Type // the type of events about the reported rows; "" for none

	mu   sync.Mutex
	last time.Time
	ids  []int64 // not yet published
	log  []runs.Progress
}

func (r *Runner) recorder(ctx context.Context, job *rivertype.JobRow, event events.Type) *recorder {
	return &recorder{ctx: ctx, runner: r, job: job, event: event, last: r.cfg.Now(), log: runs.OutputOf(job).Log}
}

// output is the run's own record at its end. A short run, like nearly all, has
// no log.
func (p *recorder) output(result task.Result) runs.Output {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.log) == 0 {
		return runs.Output{RowsAffected: result.RowsAffected}
	}
	return p.add(p.runner.cfg.Now(), result)
}

// add records the progress of the attempt.
func (p *recorder) add(now time.Time, soFar task.Result) runs.Output {
	p.log = runs.AppendProgress(p.log, runs.Progress{At: model.NewTime(now), Attempt: p.job.Attempt, RowsAffected: soFar.RowsAffected})
	return runs.Output{RowsAffected: soFar.RowsAffected, Log: p.log}
}

// report is the task's reporter. A failure to store progress does not fail the
// run.
func (p *recorder) report(soFar task.Result, ids []int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids = append(p.ids, ids...)
	now := p.runner.cfg.Now()
	if now.Sub(p.last) < progressEvery {
		return
	}
	p.last = now
	p.tell(now)
	job, err := p.runner.client.JobUpdate(p.ctx, p.job.ID, &river.JobUpdateParams{Output: p.add(now, soFar)})
	if err == nil {
		p.runner.cfg.Publish(events.OfRun(events.RunsProgress, model.NewTime(now), runs.Of(job)))
	} else if p.ctx.Err() == nil {
		p.runner.cfg.Log.DebugContext(p.ctx, "cannot store the progress of a run", "run", p.job.ID, "error", err)
	}
}

// close publishes the rest: committed batches stay, whatever the end of the
// run.
func (p *recorder) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(p.runner.cfg.Now())
}

func (p *recorder) tell(now time.Time) {
	if p.event != "" && len(p.ids) > 0 {
		p.runner.cfg.Publish(events.OfRows(p.event, model.NewTime(now), p.ids...))
	}
	p.ids = nil
}
