package worker

import (
	"cmp"
	"time"
)

// Declaration is the part of a task's code that alerts and documents need.
type Declaration struct {
	Name     string // runs.prune
	Summary  string
	Cron     string // see shared/cron
	TimeZone string // IANA
	Timeout  time.Duration
	Backlog  *Backlog // nil: no work waits for the task
}

// Backlog is an alert on the age of a task's waiting work.
type Backlog struct {
	Name    string // enrich-backlog
	Title   string // the panel's title
	Summary string // without a period
	Metric  string // the age, in seconds
	Limit   time.Duration
}

// Declarations returns all tasks' declarations, in the order of their
// registration.
func Declarations() []Declaration {
	all := registered(Config{}, nil, time.Now, nil)
	declared := make([]Declaration, len(all))
	for i, t := range all {
		declared[i] = Declaration{Name: t.Name, Summary: t.Summary, Cron: t.Cron, TimeZone: cmp.Or(t.TimeZone, "UTC"), Timeout: t.Timeout}
		if b := t.Backlog; b != nil {
			declared[i].Backlog = &Backlog{Name: b.Name + "-backlog", Title: b.Title, Summary: b.Summary, Metric: b.Metric(), Limit: b.Limit}
		}
	}
	return declared
}
