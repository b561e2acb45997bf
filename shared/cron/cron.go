// Package cron computes the due times of a schedule, which is a cron expression
// in an IANA time zone.
package cron

import (
	_ "embed"
	"errors"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // a container may have no zone files

	gocron "github.com/netresearch/go-cron"
)

// Schedule is a parsed expression in a time zone.
type Schedule struct {
	spec gocron.Schedule
	zone *time.Location
	// wallClock is set if the expression names hours. Such a schedule follows
	// the wall clock; other schedules follow elapsed time.
	wallClock bool
}

// searchYears is how many years ahead Next searches. 29 February on a given
// weekday comes after 40 years at most: 2100 has no such day.
const searchYears = 40

var parser = gocron.MustNewParser(gocron.SecondOptional | gocron.Minute | gocron.Hour | gocron.Dom | gocron.Month | gocron.Dow).
	WithMaxSearchYears(searchYears)

// element is one part of a field between commas: *, a value or a range, each
// with an optional step. A value is a number of one or two digits, or the name
// of a month or weekday.
const element = `(?:\*|(?:\d{1,2}|[A-Za-z]{3})(?:-(?:\d{1,2}|[A-Za-z]{3}))?)(?:/\d{1,2})?`

// grammar matches all fields that Parse accepts. The library's parser accepts
// more.
var grammar = regexp.MustCompile(`^` + element + `(?:,` + element + `)*$`)

// zones are the names of the IANA time zone database, one a line.
//
//go:generate go test . -run ^TestZones$ -update
//go:embed zones.txt
var zones string

// Parse reads five fields (minute, hour, day of month, month, day of week), or
// six with the second first, and a time zone such as Europe/Berlin. Its errors
// are sentences for the author of the expression.
//
// A field is a list of values, ranges and steps, as in crontab(5), and ? is the
// same as *. A time is due only if all fields match, including both day of
// month and day of week: 0 0 13 * 5 is due on each Friday the 13th. An
// expression may have no such time; Validate refuses it. The time zone is a
// name of the IANA database, in the same upper and lower case. The accepted
// names do not depend on the machine.
//
// When a clock is put forward, a skipped time is due later by the skipped
// amount, mostly an hour, so that a daily schedule always runs. When a clock is
// put back, a repeated time is due at its first occurrence only, unless the
// hour is * or a step of it.
func Parse(expression, timeZone string) (*Schedule, error) {
	zone, err := location(timeZone)
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(strings.ReplaceAll(expression, "?", "*"))
	if len(fields) != 5 && len(fields) != 6 {
		return nil, errors.New("a cron expression has five fields (minute hour day month weekday), or six with the second first")
	}
	for _, field := range fields {
		if !grammar.MatchString(field) {
			return nil, errUnreadable
		}
	}
	spec, err := parser.Parse(strings.Join(fields, " "))
	if err != nil {
		return nil, errUnreadable
	}
	return &Schedule{spec: spec, zone: zone, wallClock: !strings.Contains(fields[len(fields)-4], "*")}, nil
}

var errUnreadable = errors.New("the cron expression cannot be read; a daily one at half past two is 30 2 * * *")

// Validate is Parse for expressions from users. It also refuses an expression
// that is never due, such as 30 February.
func Validate(expression, timeZone string) (*Schedule, error) {
	s, err := Parse(expression, timeZone)
	if err != nil {
		return nil, err
	}
	if s.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() { // any start gives the same answer
		return nil, errors.New("the cron expression is never due; check day, month and weekday, which must all match")
	}
	return s, nil
}

// location returns the zone of the given name.
func location(name string) (*time.Location, error) {
	if name == "" || strings.Contains(name, "\n") || !strings.Contains("\n"+zones, "\n"+name+"\n") {
		return nil, errors.New("the time zone must be an IANA name, such as UTC or Europe/Berlin, in the same upper and lower case")
	}
	return time.LoadLocation(name)
}

// Next returns the first due time after t, in UTC, or the zero time if there is
// none.
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

// in returns the first due time after t, as if the period p never ended.
func (s *Schedule) in(p period, t time.Time) time.Time {
	if p.shift < 0 && s.wallClock {
		// The clock repeats this time.
		if again := p.start.Add(-p.shift - time.Second); t.Before(again) {
			t = again
		}
	}
	next := instant(s.spec.Next(wall(t, p.offset)), p.offset)
	if p.shift > 0 && t.Before(p.start.Add(p.shift)) {
		// A skipped time is due at the instant that it would have without the
		// shift.
		skipped := instant(s.spec.Next(wall(t, p.before)), p.before)
		if skipped.Before(p.start.Add(p.shift)) && !skipped.IsZero() && (next.IsZero() || skipped.Before(next)) {
			return skipped
		}
	}
	return next
}

// Due returns the due times from first, which is due, up to and including now,
// at most limit of them. next is the due time after them.
func (s *Schedule) Due(first, now time.Time, limit int) (due []time.Time, next time.Time) {
	for next = first; !next.IsZero() && !next.After(now) && len(due) < limit; next = s.Next(next) {
		due = append(due, next.UTC())
	}
	return due, next
}

// Newest returns the last due time from first, which is due, up to and
// including now. next is the due time after it.
func (s *Schedule) Newest(first, now time.Time) (newest, next time.Time) {
	newest = first.UTC()
	// Most schedules have few due times in a day, and one of each second has a
	// due time in any span. So the search is short, even if first is long ago.
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
