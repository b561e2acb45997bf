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
// Where a clock is put forward, a time that it skips is due later by as much as
// it skips, mostly an hour, so that a daily schedule is never left out. Where it
// is put back, a time that comes twice is due at the first only, unless the hour
// is * or a step of it.
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
	t = t.Truncate(time.Second)
	for {
		p := periodOf(t.Add(time.Second), s.zone)
		next := s.in(p, t)
		if p.end.IsZero() || !next.IsZero() && next.Before(p.end) {
			return next
		}
		if s.spec.Next(wall(t, p.offset)).IsZero() {
			return time.Time{}
		}
		t = p.end.Add(-time.Second)
	}
}

// in returns the first time after t that is due if the period p never ends.
func (s *Schedule) in(p period, t time.Time) time.Time {
	if p.shift < 0 && s.wallClock {
		// The clock shows again what it has shown before.
		if again := p.start.Add(-p.shift - time.Second); t.Before(again) {
			t = again
		}
	}
	next := instant(s.spec.Next(wall(t, p.offset)), p.offset)
	if p.shift > 0 && t.Before(p.start.Add(p.shift)) {
		// A time that the clock has skipped is where it would have been.
		skipped := instant(s.spec.Next(wall(t, p.before)), p.before)
		if skipped.Before(p.start.Add(p.shift)) && !skipped.IsZero() && (next.IsZero() || skipped.Before(next)) {
			return skipped
		}
	}
	return next
}

// Due returns the times from first, which is due, up to and including now, at
// most limit of them, and the one that comes next.
func (s *Schedule) Due(first, now time.Time, limit int) (due []time.Time, next time.Time) {
	for next = first; !next.IsZero() && !next.After(now) && len(due) < limit; next = s.Next(next) {
		due = append(due, next.UTC())
	}
	return due, next
}

// Newest returns the last time from first, which is due, up to and including
// now, and the one that comes next.
func (s *Schedule) Newest(first, now time.Time) (newest, next time.Time) {
	newest = first.UTC()
	// Most schedules have few times in a day, and one of each second has one in
	// any span: however long ago first was, it does not take long.
	for span := time.Minute; ; span *= 60 {
		from := now.Add(-span)
		last := !from.After(first)
		if last {
			from = first
		}
		found := false
		for next = s.Next(from); !next.IsZero() && !next.After(now); next = s.Next(next) {
			newest, found = next, true
		}
		if found || last {
			return newest, next
		}
	}
}
