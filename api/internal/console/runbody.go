package console

import (
	"cmp"
	"fmt"
	"time"

	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// runBody is a run in the API's form.
type runBody struct {
	ID              int64          `json:"id" example:"1"`
	Task            string         `json:"task"`
	RunAt           *model.Time    `json:"run_at" format:"date-time" nullable:"true" doc:"The due time; null for a run that a user or a notification has started."`
	Trigger         string         `json:"trigger" enum:"schedule,manual,nudge,other" doc:"The cause of the run. nudge: a notification. other: a job of the same queue without a task."`
	State           string         `json:"state" enum:"available,cancelled,completed,discarded,pending,retryable,running,scheduled" doc:"available, scheduled, pending: the run waits. retryable: an attempt failed, and another one follows. completed, cancelled, discarded: the run has ended; discarded after its last attempt failed."`
	Attempt         int            `json:"attempt" doc:"The present or last attempt; 0 before the first."`
	MaxAttempts     int            `json:"max_attempts" doc:"The number of attempts after which a failing run is discarded."`
	Worker          *string        `json:"worker" nullable:"true" doc:"The instance of the last attempt."`
	CancelRequested bool           `json:"cancel_requested" doc:"Whether a user has asked to stop the running run."`
	CreatedAt       model.Time     `json:"created_at" format:"date-time"`
	StartedAt       *model.Time    `json:"started_at" format:"date-time" nullable:"true" doc:"Time at which the last attempt began."`
	FinishedAt      *model.Time    `json:"finished_at" format:"date-time" nullable:"true" doc:"Time at which the run ended finally."`
	DurationMS      *int64         `json:"duration_ms" nullable:"true" doc:"From started_at to finished_at, in milliseconds."`
	RowsAffected    int64          `json:"rows_affected" doc:"Number of rows that the last attempt with a record has changed so far."`
	Progress        string         `json:"progress" doc:"Progress of a running run, in words; may be empty."`
	Log             []progressBody `json:"log,omitempty" doc:"Progress of the run, the oldest entry first: about once a second, less often in a long run, and at its end. A short run has none. Only in the response for a single run."`
	Errors          []runErrorBody `json:"errors" doc:"The errors of failed attempts, in order."`
}

// progressBody is the progress of an attempt at one time.
type progressBody struct {
	At           model.Time `json:"at" format:"date-time"`
	Attempt      int        `json:"attempt" example:"1"`
	RowsAffected int64      `json:"rows_affected" doc:"Number of rows that this attempt had changed by then."`
}

// runErrorBody is the reason why one attempt failed.
type runErrorBody struct {
	Attempt int        `json:"attempt" example:"1"`
	At      model.Time `json:"at" format:"date-time"`
	Error   string     `json:"error"`
	Trace   string     `json:"trace,omitempty" doc:"The stack of an attempt that panicked; only in the response for a single run."`
}

// runBodyOf is the only conversion from a run.
func runBodyOf(run *runs.Run) runBody {
	body := runBody{
		ID: run.ID, Task: run.Task, Trigger: cmp.Or(string(run.Trigger), "other"), State: string(run.State),
		Attempt: run.Attempt, MaxAttempts: run.MaxAttempts, CancelRequested: run.CancelRequested,
		CreatedAt: model.NewTime(run.CreatedAt), StartedAt: timeOf(run.StartedAt), FinishedAt: timeOf(run.FinishedAt),
		RowsAffected: run.Output.RowsAffected,
		Errors:       make([]runErrorBody, len(run.Failures)),
	}
	if !run.DueAt.IsZero() {
		body.RunAt = timeOf(&run.DueAt)
	}
	if run.Worker != "" {
		body.Worker = &run.Worker
	}
	if run.StartedAt != nil && run.FinishedAt != nil {
		// The two times may come from the clocks of two machines.
		ms := max(0, run.FinishedAt.Sub(*run.StartedAt).Milliseconds())
		body.DurationMS = &ms
	}
	for _, p := range run.Output.Log {
		body.Log = append(body.Log, progressBody(p))
		if run.State == runs.StateRunning && p.Attempt == run.Attempt {
			body.Progress = fmt.Sprintf("%d rows so far", p.RowsAffected)
		}
	}
	for i, e := range run.Failures {
		body.Errors[i] = runErrorBody{Attempt: e.Attempt, At: model.NewTime(e.At), Error: e.Error, Trace: e.Trace}
	}
	return body
}

// runBodies omits the logs of progress and the stacks.
func runBodies(jobs []*runs.Run) []runBody {
	bodies := make([]runBody, len(jobs))
	for i, job := range jobs {
		bodies[i] = runBodyOf(job)
		bodies[i].Log = nil
		for j := range bodies[i].Errors {
			bodies[i].Errors[j].Trace = ""
		}
	}
	return bodies
}

func timeOf(t *time.Time) *model.Time {
	if t == nil {
		return nil
	}
	m := model.NewTime(*t)
	return &m
}
