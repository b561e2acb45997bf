package model

import "github.com/uptrace/bun"

// MissedPolicy decides on due times without a live worker.
type MissedPolicy string

// The missed-run policies.
const (
	MissedSkip MissedPolicy = "skip" // no run for missed due times
	MissedOnce MissedPolicy = "once" // one run, for the newest missed due time
	MissedAll  MissedPolicy = "all"  // one run for each missed due time
)

// OverlapPolicy decides on a due time while the previous run still works.
type OverlapPolicy string

// The overlap policies.
const (
	OverlapSkip  OverlapPolicy = "skip"  // the due time is skipped
	OverlapAllow OverlapPolicy = "allow" // both runs work at the same time
)

// Schedule tells when a task is due; it is a row in the table schedules. The
// Declared fields have the values of the last declaration in the code. A field
// that differs from its declared value belongs to an operator.
type Schedule struct {
	bun.BaseModel `bun:"table:schedules"`

	Name                  string `bun:",pk"`
	Summary               string
	Cron                  string
	TimeZone              string
	MissedPolicy          MissedPolicy
	OverlapPolicy         OverlapPolicy
	DeclaredCron          string
	DeclaredTimeZone      string
	DeclaredMissedPolicy  MissedPolicy
	DeclaredOverlapPolicy OverlapPolicy
	Paused                bool
	NextRunAt             Time
	LastRunID             *int64
	UpdatedAt             Time
}

// Declare adopts the present declaration of the code, and keeps the fields that
// an operator has changed. It reports whether the declaration differs from the
// last one. The caller computes NextRunAt.
func (s *Schedule) Declare(d *Schedule) (changed bool) {
	changed = s.Summary != d.Summary
	s.Summary = d.Summary
	changed = declare(&s.Cron, &s.DeclaredCron, d.Cron) || changed
	changed = declare(&s.TimeZone, &s.DeclaredTimeZone, d.TimeZone) || changed
	changed = declare(&s.MissedPolicy, &s.DeclaredMissedPolicy, d.MissedPolicy) || changed
	changed = declare(&s.OverlapPolicy, &s.DeclaredOverlapPolicy, d.OverlapPolicy) || changed
	if changed {
		s.UpdatedAt = d.UpdatedAt
	}
	return changed
}

func declare[T comparable](field, declared *T, now T) (changed bool) {
	if *field == *declared {
		*field = now
	}
	changed = *declared != now
	*declared = now
	return changed
}
