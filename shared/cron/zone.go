package cron

import "time"

// period is a time in which a zone's clock has no shift.
type period struct {
	start, end time.Time     // zero for unbounded
	offset     time.Duration // of the clock from UTC
	before     time.Duration // the offset up to start
	shift      time.Duration // the amount by which the clock was put forward at start
}

// periodOf returns the period of zone that contains t.
func periodOf(t time.Time, zone *time.Location) period {
	t = t.In(zone)
	start, end := t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		// From 2038 on, a zone follows its rule instead of its table. There, Go
		// ends a leap year a day too early.
		_, end = t.Add(24 * time.Hour).ZoneBounds()
	}
	p := period{start: start, end: end, offset: offset(t)}
	p.before = p.offset
	if !start.IsZero() {
		p.before = offset(start.Add(-time.Nanosecond))
	}
	p.shift = p.offset - p.before
	return p
}

func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// wall returns the reading at t of a clock with this offset from UTC. The
// result is a time in UTC, in which each day has 24 hours.
func wall(t time.Time, offset time.Duration) time.Time { return t.UTC().Add(offset) }

// instant is the inverse of wall. It keeps the zero time.
func instant(wall time.Time, offset time.Duration) time.Time {
	if wall.IsZero() {
		return wall
	}
	return wall.Add(-offset)
}
