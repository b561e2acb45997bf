// Package task has the declaration of a background task. Package runner runs
// tasks.
package task

import (
	"cmp"
	"context"
	"time"

	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// Task is a task's declaration and its pass. Name, cron and policies are the
// initial values in a new database. An operator may change the latter two
// there.
type Task struct {
	Name          string // such as runs.prune; also the name of its schedule and runs
	Summary       string // its purpose, for users
	Cron          string // see shared/cron
	TimeZone      string // IANA; "" is UTC
	MissedPolicy  model.MissedPolicy
	OverlapPolicy model.OverlapPolicy
	Timeout       time.Duration // the limit of one run
	Retry         Retry         // for failed runs; usually zero

	// Event is the type of the event about the rows that a pass reports; "" for
	// a task without reports.
	Event events.Type

	// Backlog measures the task's waiting work; nil for none.
	Backlog *Backlog

	// Run makes one pass: idempotent, in limited batches, safe to stop between
	// two of them. It has no endless loop and no logger. The kind of its error
	// decides on another attempt (see errs).
	Run func(ctx context.Context) (Result, error)
}

// Backlog describes a task's waiting work: a metric, and an alert on its age.
type Backlog struct {
	Name    string        // names the metric fualab_NAME_backlog_age_seconds and the alert NAME-backlog
	Help    string        // the metric's help text
	Title   string        // the title of the alert's panel
	Summary string        // the alert's summary, without a period
	Limit   time.Duration // the age above which the alert fires

	// Since returns the time since which the oldest work waits, or the zero
	// time. Each scrape calls it, so it must be cheap.
	Since func(ctx context.Context) (time.Time, error)
}

// Metric returns the name of the metric.
func (b Backlog) Metric() string { return "fualab_" + b.Name + "_backlog_age_seconds" }

// Retry configures the retries of failed runs. Zero fields have defaults.
type Retry struct {
	// Attempts is the number of attempts of a run from a schedule before it is
	// discarded; 0: runs.MaxAttempts, as for all other runs.
	Attempts int
	First    time.Duration // delay after the first attempt; 0: a second. It doubles with each attempt.
	Most     time.Duration // longest delay; 0: ten minutes
}

// WithDefaults returns r with its zero fields set.
func (r Retry) WithDefaults() Retry {
	return Retry{
		Attempts: cmp.Or(r.Attempts, runs.MaxAttempts),
		First:    cmp.Or(r.First, time.Second),
		Most:     cmp.Or(r.Most, 10*time.Minute),
	}
}

// Result is the result of one pass.
type Result struct {
	RowsAffected int64
}

// Reporter receives the progress of a pass: the result so far, and the ids of
// the rows since the last call.
type Reporter func(soFar Result, ids []int64)

type reporterKey struct{}

// WithReporter returns a context in which Report calls f.
func WithReporter(ctx context.Context, f Reporter) context.Context {
	return context.WithValue(ctx, reporterKey{}, f)
}

// Report reports the progress of a pass. A pass calls it after the commit of
// each batch, with the ids of the rows in the task's Event. The runner decides
// how often to record and publish it.
func Report(ctx context.Context, soFar Result, ids ...int64) {
	if f, ok := ctx.Value(reporterKey{}).(Reporter); ok {
		f(soFar, ids)
	}
}
