// Package outage throttles the log of a repeated failure. It logs the first
// failure, reminders at a limited rate, and the recovery.
package outage

import "time"

// Tracker follows one source of failures. The zero value has seen no failure
// and never reminds. It is not safe for concurrent use.
type Tracker struct {
	Every time.Duration // least time between two reminders; 0: none

	since, said time.Time // zero without an outage
}

// Failed records a failure at now and reports whether to log it.
func (t *Tracker) Failed(now time.Time) bool {
	first := t.since.IsZero()
	if first {
		t.since = now
	}
	if !first && (t.Every <= 0 || now.Sub(t.said) < t.Every) {
		return false
	}
	t.said = now
	return true
}

// Recovered records a success at now. It reports whether the success ends an
// outage and must be logged, and the length of the outage.
func (t *Tracker) Recovered(now time.Time) (lasted time.Duration, ended bool) {
	if t.since.IsZero() {
		return 0, false
	}
	lasted = now.Sub(t.since)
	t.since, t.said = time.Time{}, time.Time{}
	return lasted, true
}
