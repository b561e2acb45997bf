package console

import (
	"cmp"
	"fmt"
	"time"

	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// runBody is a run as a client sees it.
type runBody struct {
	ID              int64          `json:"id" example:"1"`
	Task            string         `json:"task"`
	RunAt           *model.Time    `json:"run_at" format:"date-time" nullable:"true" doc:"The due time; null for a run that a person or a nudge made."`
	Trigger         string         `json:"trigger" enum:"schedule,manual,nudge,other" doc:"What made it. other: a job of the same queue that is no task's run."`
	State           string         `json:"state" enum:"available,cancelled,completed,discarded,pending,retryable,running,scheduled" doc:"available, scheduled and pending: it waits. running. retryable: it failed and will be tried again. completed, cancelled, discarded: it has ended; discarded after its last attempt failed."`
	Attempt         int            `json:"attempt" doc:"The present or last attempt; 0 before the first."`
	MaxAttempts     int            `json:"max_attempts" doc:"The attempt after which a run that fails is discarded."`
	Worker          *string        `json:"worker" nullable:"true" doc:"The instance that made the last attempt."`
	CancelRequested bool           `json:"cancel_requested" doc:"Whether a run that is running was asked to stop."`
	CreatedAt       model.Time     `json:"created_at" format:"date-time"`
	StartedAt       *model.Time    `json:"started_at" format:"date-time" nullable:"true" doc:"When the last attempt began."`
	FinishedAt      *model.Time    `json:"finished_at" format:"date-time" nullable:"true" doc:"When the run ended for good."`
	DurationMS      *int64         `json:"duration_ms" nullable:"true" doc:"From started_at to finished_at, in milliseconds."`
	RowsAffected    int64          `json:"rows_affected" doc:"How many rows the last attempt that recorded it has changed so far."`
	Progress        string         `json:"progress" doc:"How far a run that is running has got, in words; may be empty."`
	Log             []progressBody `json:"log,omitempty" doc:"How far the run had got, the oldest first: about once a second, more rarely in a long run, and at its end; a short run has none. Only in the answer for a single run."`
	Errors          []runErrorBody `json:"errors" doc:"Of attempts that failed, the first one first."`
}

// progressBody is how far an attempt had got at a time.
type progressBody struct {
	At           model.Time `json:"at" format:"date-time"`
	Attempt      int        `json:"attempt" example:"1"`
	RowsAffected int64      `json:"rows_affected" doc:"What this attempt had changed by then."`
}

// runErrorBody is why one attempt failed.
type runErrorBody struct {
	Attempt int        `json:"attempt" example:"1"`
	At      model.Time `json:"at" format:"date-time"`
	Error   string     `json:"error"`
	Trace   string     `json:"trace,omitempty" doc:"The stack of an attempt that panicked; only in the answer for a single run."`
}

// runBodyOf is the one conversion from a run, whatever made it.
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
		// The two may be by the clocks of two machines.
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

// runBodies leaves out the logs of progress and the stacks.
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
