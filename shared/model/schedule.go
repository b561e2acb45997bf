package model

import "github.com/uptrace/bun"

// MissedPolicy says what becomes of times at which no worker was there.
type MissedPolicy string

// The missed-run policies.
const (
	MissedSkip MissedPolicy = "skip" // none of them runs
	MissedOnce MissedPolicy = "once" // the newest stands for all of them
	MissedAll  MissedPolicy = "all"  // each runs
)

// OverlapPolicy says what becomes of a time at which the task still runs.
type OverlapPolicy string

// The overlap policies.
const (
	OverlapSkip  OverlapPolicy = "skip"  // it is left out
	OverlapAllow OverlapPolicy = "allow" // it runs beside the other
)

// Schedule is when a task is due: its row in the table schedules. The
// Declared fields hold what the code last declared; a field that differs from
// its declaration is an operator's.
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

// Declare takes over what the code declares now. A field that an operator has
// changed stays. It reports whether anything is declared otherwise than before;
// NextRunAt is the caller's.
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
