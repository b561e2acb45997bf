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

// progressEvery bounds how often a run's progress is stored and told.
const progressEvery = time.Second

// recorder stores and tells a run's progress while it works.
type recorder struct {
	ctx    context.Context // of one run, which the recorder does not outlive
	runner *Runner
	job    *rivertype.JobRow
	event  events.Type // of the reported rows; "" for none

	mu   sync.Mutex
	last time.Time
	ids  []int64 // that are not published yet
	log  []runs.Progress
}

func (r *Runner) recorder(ctx context.Context, job *rivertype.JobRow, event events.Type) *recorder {
	return &recorder{ctx: ctx, runner: r, job: job, event: event, last: r.cfg.Now(), log: runs.OutputOf(job).Log}
}

// output is what the run records about itself when it ends. A short one, as
// nearly all are, has no log.
func (p *recorder) output(result task.Result) runs.Output {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.log) == 0 {
		return runs.Output{RowsAffected: result.RowsAffected}
	}
	return p.add(p.runner.cfg.Now(), result)
}

// add notes how far the attempt has got.
func (p *recorder) add(now time.Time, soFar task.Result) runs.Output {
	p.log = runs.AppendProgress(p.log, runs.Progress{At: model.NewTime(now), Attempt: p.job.Attempt, RowsAffected: soFar.RowsAffected})
	return runs.Output{RowsAffected: soFar.RowsAffected, Log: p.log}
}

// report is the task's reporter. Progress that cannot be stored is not worth
// a run.
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
		p.runner.cfg.Log.DebugContext(p.ctx, "progress not stored", "run", p.job.ID, "error", err)
	}
}

// close tells what has not been told: batches that were committed stand,
// however the run ends.
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
