// Package cron tells when a schedule is due: a cron expression read in an
// IANA time zone.
package cron

import (
	"errors"
	"strings"
	"time"
	_ "time/tzdata" // a container may have no zone files

	gocron "github.com/netresearch/go-cron"
)

// Schedule is a parsed expression in a time zone.
type Schedule struct {
	spec gocron.Schedule
	zone *time.Location
	// wallClock is set where the expression names hours: such a schedule
	// follows the clock on the wall, others follow elapsed time.
	wallClock bool
}

var parser = gocron.MustNewParser(gocron.SecondOptional | gocron.Minute | gocron.Hour | gocron.Dom | gocron.Month | gocron.Dow)

// Parse reads five fields (minute, hour, day of month, month, day of week),
// or six with the second first, and a time zone such as Europe/Berlin. Its
// errors are sentences for the person who wrote the expression.
//
// Where a clock is put forward, a time that it skips is due an hour later, so
// that a daily schedule is never left out. Where it is put back, a time that
// comes twice is due at the first only, unless the hour is * or a step of it.
func Parse(expression, timeZone string) (*Schedule, error) {
	zone, err := time.LoadLocation(timeZone)
	if err != nil || timeZone == "" || timeZone == "Local" {
		return nil, errors.New("the time zone must be an IANA name, such as UTC or Europe/Berlin")
	}
	fields := strings.Fields(expression)
	if len(fields) != 5 && len(fields) != 6 || strings.Contains(expression, "=") {
		return nil, errors.New("a cron expression has five fields (minute hour day month weekday), or six with the second first")
	}
	spec, err := parser.Parse(strings.Join(fields, " "))
	if err != nil {
		return nil, errors.New("the cron expression cannot be read; a daily one at half past two is 30 2 * * *")
	}
	s := &Schedule{spec: spec, zone: zone, wallClock: !strings.HasPrefix(fields[len(fields)-4], "*")}
	if s.Next(time.Now()).IsZero() {
		return nil, errors.New("the cron expression is never due; check day and month")
	}
	return s, nil
}

// Next returns the first time after t at which the schedule is due, in UTC,
// and the zero time when there is none.
func (s *Schedule) Next(t time.Time) time.Time {
	for next := s.spec.Next(t.In(s.zone)); !next.IsZero(); next = s.spec.Next(next) {
		if !s.wallClock || !repeated(next) {
			return next.UTC()
		}
	}
	return time.Time{}
}

// Due returns the times from first, which is due, up to and including now, at
// most limit of them, and the one that comes next.
func (s *Schedule) Due(first, now time.Time, limit int) (due []time.Time, next time.Time) {
	for next = first; !next.IsZero() && !next.After(now) && len(due) < limit; next = s.Next(next) {
		due = append(due, next.UTC())
	}
	return due, next
}

// repeated reports whether the wall clock has shown t's time before: it was
// put back between then and t.
func repeated(t time.Time) bool {
	_, offset := t.Zone()
	// Zones move by at most a few hours; by how much, the offset before tells.
	_, before := t.Add(-3 * time.Hour).Zone()
	earlier := t.Add(-time.Duration(before-offset) * time.Second)
	_, then := earlier.Zone()
	return before > offset && then == before
}
