package cron

import "time"

// period is a time during which a zone's clock runs through.
type period struct {
	start, end time.Time     // zero where it has none
	offset     time.Duration // of the clock from UTC
	before     time.Duration // the offset up to start
	shift      time.Duration // by how much the clock was put forward at start
}

// periodOf returns the period of zone in which t is.
func periodOf(t time.Time, zone *time.Location) period {
	t = t.In(zone)
	start, end := t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		// Where a zone goes by its rule and no longer by its table, from 2038 on,
		// Go has a leap year end a day before it does.
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

// wall returns what a clock that is offset from UTC shows at t, as a time in
// UTC: there, every day has 24 hours.
func wall(t time.Time, offset time.Duration) time.Time { return t.UTC().Add(offset) }

// instant is the inverse of wall. It keeps the zero time.
func instant(wall time.Time, offset time.Duration) time.Time {
	if wall.IsZero() {
		return wall
	}
	return wall.Add(-offset)
}
