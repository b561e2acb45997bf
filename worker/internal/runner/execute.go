package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/tracing"
	"github.com/fualab/fualab/worker/internal/task"
)

// executor executes the runs of one task for River.
type executor struct {
	river.WorkerDefaults[runs.Args]
	runner *Runner
	task   task.Task
}

// Timeout implements river.Worker.
func (e *executor) Timeout(*river.Job[runs.Args]) time.Duration { return e.task.Timeout }

// Work makes one pass and writes one log line. River records panics with their
// stack.
func (e *executor) Work(ctx context.Context, job *river.Job[runs.Args]) error {
	e.runner.enter(e.task.Name)
	defer e.runner.leave(e.task.Name)

	ctx, span := e.runner.traceRun(ctx, job.JobRow)
	begin := e.runner.cfg.Now()
	e.runner.cfg.Publish(events.OfRun(events.RunsStarted, model.NewTime(begin), runs.Of(job.JobRow)))
	record := e.runner.recorder(ctx, job.JobRow, e.task.Event)
	defer record.close()
	returned := false
	defer func() {
		if !returned {
			e.ended(ctx, job.JobRow, task.Result{}, begin, errPanic)
			tracing.End(span, errPanic)
		}
	}()
	result, err := e.task.Run(task.WithReporter(ctx, record.report))
	returned = true
	err = classify(ctx, err, e.task.Timeout)
	e.ended(ctx, job.JobRow, result, begin, err)
	tracing.End(span, err)
	return errors.Join(err, river.RecordOutput(ctx, record.output(result)))
}

var errPanic = errors.New("panic; the run has its stack")

// classify decides the next state of a failed run. Another attempt would not
// help if the input is at fault.
func classify(ctx context.Context, err error, timeout time.Duration) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("ended by its timeout of %s: %w", timeout, err)
	case errs.Is(err, errs.Invalid), errs.Is(err, errs.NotFound):
		return river.JobCancel(err)
	default:
		return err
	}
}

// Ended is an ended attempt.
type Ended struct {
	Task    string
	Outcome Outcome
	Rows    int64
	At      time.Time
	Took    time.Duration
}

// Outcome is the result of an attempt.
type Outcome string

// The outcomes.
const (
	Completed Outcome = "completed"
	Failed    Outcome = "failed"    // a retry follows
	Discarded Outcome = "discarded" // it was the last attempt
	Cancelled Outcome = "cancelled" // by an operator, by the end of the worker, or because of its input
)

// Outcomes lists all outcomes.
func Outcomes() []Outcome { return []Outcome{Completed, Failed, Discarded, Cancelled} }

func outcome(ctx context.Context, job *rivertype.JobRow, err error) Outcome {
	var given *rivertype.JobCancelError
	switch {
	case err == nil:
		return Completed
	case errors.As(err, &given), errors.Is(ctx.Err(), context.Canceled):
		return Cancelled
	case job.Attempt >= job.MaxAttempts:
		return Discarded
	default:
		return Failed
	}
}

// ended writes the log line, and reports the attempt.
func (e *executor) ended(ctx context.Context, job *rivertype.JobRow, result task.Result, begin time.Time, err error) {
	now := e.runner.cfg.Now()
	e.log(ctx, job, result, now.Sub(begin), err)
	e.runner.cfg.Ended(Ended{Task: e.task.Name, Outcome: outcome(ctx, job, err), Rows: result.RowsAffected, At: now, Took: now.Sub(begin)})
}

func (e *executor) log(ctx context.Context, job *rivertype.JobRow, result task.Result, took time.Duration, err error) {
	level, attrs := slog.LevelInfo, []any{
		"task", e.task.Name, "run", job.ID, "attempt", job.Attempt,
		"rows_affected", result.RowsAffected, "duration_ms", took.Milliseconds(), "ok", err == nil,
	}
	if err != nil {
		attrs = append(attrs, "error", err)
		if level = slog.LevelError; errs.Is(err, errs.Unavailable) || errors.Is(err, context.Canceled) {
			level = slog.LevelWarn
		}
	}
	e.runner.cfg.Log.Log(ctx, level, "run", attrs...)
}

// stuck handles a run that continues long after its timeout: its task ignores
// its context, and Go cannot end it. The run loses its slot, so that other runs
// continue. But if all slots were replaced once, it replaces no more, because
// more slots would not cure the fault.
func (r *Runner) stuck(ctx context.Context, stuck river.JobStuckHandlerParams) river.JobStuckHandlerResult {
	add := stuck.TotalStuckJobs <= r.cfg.Concurrency
	r.cfg.Log.ErrorContext(ctx, "a run ignores its timeout; restart the worker to end it", "task", stuck.Kind, "run", stuck.ID, "stuck", stuck.TotalStuckJobs, "slot_replaced", add)
	return river.JobStuckHandlerResult{AddWorkerSlot: add}
}

func (r *Runner) enter(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running[name]++
}

func (r *Runner) leave(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running[name]--; r.running[name] == 0 {
		delete(r.running, name)
	}
}
