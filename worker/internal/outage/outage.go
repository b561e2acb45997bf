// Package outage keeps the log readable while something fails again and
// again: its first failure, reminders at a bounded rate, its recovery.
package outage

import "time"

// Tracker follows one thing that may fail. The zero value has seen no failure
// and never reminds. It is not safe for concurrent use.
type Tracker struct {
	Every time.Duration // least time between two reminders; 0: none

	since, said time.Time // zero while all is well
}

// Failed notes a failure at now and reports whether to log it.
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

// Recovered notes a success at now. It reports whether that ends an outage,
// which is to be logged, and how long the outage lasted.
func (t *Tracker) Recovered(now time.Time) (lasted time.Duration, ended bool) {
	if t.since.IsZero() {
		return 0, false
	}
	lasted = now.Sub(t.since)
	t.since, t.said = time.Time{}, time.Time{}
	return lasted, true
}
