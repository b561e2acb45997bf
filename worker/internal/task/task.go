// Package task says what a background task is. Package runner runs tasks.
package task

import (
	"cmp"
	"context"
	"time"

	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// Task is a task's declaration and its pass. Name, cron and policies are what
// a new database starts with; an operator may change them there.
type Task struct {
	Name          string // runs.prune; also the schedule's and the runs'
	Summary       string // what it does, for people
	Cron          string // see shared/cron
	TimeZone      string // IANA; "" is UTC
	MissedPolicy  model.MissedPolicy
	OverlapPolicy model.OverlapPolicy
	Timeout       time.Duration // of one run
	Retry         Retry         // of a run that fails; the zero value is usual

	// Event is published of the rows whose ids a pass reports; "" for a task
	// that reports none.
	Event events.Type

	// Backlog measures the work that waits for the task; nil: nothing does.
	Backlog *Backlog

	// Run makes one pass: idempotent, in bounded batches, safe to stop between
	// any two of them. It holds no loop over time and no logger; an error's
	// kind says whether another attempt may help (see errs).
	Run func(ctx context.Context) (Result, error)
}

// Backlog is work that waits for a task: a metric, and an alert on its age.
type Backlog struct {
	Name    string        // of the metric fualab_NAME_backlog_age_seconds, and of the alert NAME-backlog
	Help    string        // of the metric
	Title   string        // of the alert's panel
	Summary string        // of the alert; without a period
	Limit   time.Duration // the age above which it fires

	// Since returns the time since which the oldest work waits, the zero time
	// for none. It is asked for each scrape, so it has to be cheap.
	Since func(ctx context.Context) (time.Time, error)
}

// Metric returns the name of the metric.
func (b Backlog) Metric() string { return "fualab_" + b.Name + "_backlog_age_seconds" }

// Retry says how a run that failed is tried again. Zero fields have defaults.
type Retry struct {
	// Attempts is how many a run that a schedule makes has before it is
	// discarded; 0: runs.MaxAttempts, which all others have.
	Attempts int
	First    time.Duration // wait after the first attempt; 0: a second. It doubles with each.
	Most     time.Duration // longest wait; 0: ten minutes
}

// WithDefaults returns r with its zero fields set.
func (r Retry) WithDefaults() Retry {
	return Retry{
		Attempts: cmp.Or(r.Attempts, runs.MaxAttempts),
		First:    cmp.Or(r.First, time.Second),
		Most:     cmp.Or(r.Most, 10*time.Minute),
	}
}

// Result is what one pass did.
type Result struct {
	RowsAffected int64
}

// Reporter hears how far a pass has got: what it did so far, and to the rows of
// which ids since it was last called.
type Reporter func(soFar Result, ids []int64)

type reporterKey struct{}

// WithReporter returns a context in which Report calls f.
func WithReporter(ctx context.Context, f Reporter) context.Context {
	return context.WithValue(ctx, reporterKey{}, f)
}

// Report tells how far a pass has got. A pass calls it after the commit of
// each batch, with the ids of the rows that the task's Event is about. The
// runner decides how often that is recorded and published.
func Report(ctx context.Context, soFar Result, ids ...int64) {
	if f, ok := ctx.Value(reporterKey{}).(Reporter); ok {
		f(soFar, ids)
	}
}
