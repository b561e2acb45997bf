package runs

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/riverqueue/river/rivertype"
)

// Run is a run of a task, or another job of the same queue.
type Run struct {
	ID              int64
	Task            string    // the task's name; for another job, its kind
	Trigger         Trigger   // "" for another job
	DueAt           time.Time // zero unless it was Scheduled
	State           State
	Attempt         int // the present or last one; 0 before the first
	MaxAttempts     int
	Worker          string // the instance of the last attempt; "" before the first
	CreatedAt       time.Time
	StartedAt       *time.Time // when the last attempt began
	FinishedAt      *time.Time // when the run ended finally
	CancelRequested bool       // a working run was asked to stop
	Output          Output
	Failures        []Failure // of attempts, in order
}

// Failure is the reason why one attempt failed.
type Failure struct {
	Attempt int
	At      time.Time
	Error   string
	Trace   string // the stack of an attempt that panicked
}

// State is a step in the life of a run.
type State string

// The states of a run.
const (
	StateAvailable State = "available" // waits for a worker
	StatePending   State = "pending"   // waits
	StateScheduled State = "scheduled" // waits for its time
	StateRunning   State = "running"
	StateRetryable State = "retryable" // failed; a retry follows
	StateCompleted State = "completed"
	StateCancelled State = "cancelled"
	StateDiscarded State = "discarded" // failed in its last attempt
)

// Ended reports whether s is final unless a user retries the run.
func (s State) Ended() bool { return s == StateCompleted || s == StateCancelled || s == StateDiscarded }

// Of returns the run of job.
func Of(job *rivertype.JobRow) *Run {
	var args Args
	_ = json.Unmarshal(job.EncodedArgs, &args) // a job without a task has other arguments
	r := &Run{
		ID: job.ID, Task: job.Kind, DueAt: args.DueAt, State: State(job.State), Attempt: job.Attempt, MaxAttempts: job.MaxAttempts,
		CreatedAt: job.CreatedAt, StartedAt: job.AttemptedAt, FinishedAt: job.FinalizedAt,
		CancelRequested: job.State == rivertype.JobStateRunning && CancelRequested(job),
		Output:          OutputOf(job), Failures: make([]Failure, len(job.Errors)),
	}
	if slices.Contains([]Trigger{Scheduled, Manual, Nudge}, args.Trigger) {
		r.Trigger = args.Trigger
	}
	if n := len(job.AttemptedBy); n > 0 {
		r.Worker = job.AttemptedBy[n-1]
	}
	for i, e := range job.Errors {
		r.Failures[i] = Failure{Attempt: e.Attempt, At: e.At, Error: e.Error, Trace: e.Trace}
	}
	return r
}

func allOf(jobs []*rivertype.JobRow) []*Run {
	all := make([]*Run, len(jobs))
	for i, job := range jobs {
		all[i] = Of(job)
	}
	return all
}
