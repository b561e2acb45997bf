// Package testwait has the only waits of tests. Prefer Receive, for an event in
// the test's own process. For polls for events of another process or of a
// database, because they send no signal. Pass is for tests about real time.
package testwait

import (
	"testing"
	"time"
)

// Patience limits each wait. It guards against a hanging test, and is no limit
// of the product: a busy machine may need most of it.
const Patience = 2 * time.Minute

const (
	// firstPause and longestPause limit the time between two polls of For.
	firstPause, longestPause = 5 * time.Millisecond, 80 * time.Millisecond
	// reserve is the time before the test binary's deadline at which a wait
	// ends, so that the failure names the missing event.
	reserve = 5 * time.Second
)

// For returns when done reports true. It fails the test after Patience, shortly
// before the deadline of the test binary, or when the test's context ends.
func For(t testing.TB, event string, done func() bool) {
	t.Helper()
	Within(t, Patience, event, done)
}

// Within is For with a limit that the product guarantees.
func Within(t testing.TB, bound time.Duration, event string, done func() bool) {
	t.Helper()
	patience := patienceOf(t, bound)
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTimer(firstPause)
	defer again.Stop()
	for pause := firstPause; !done(); {
		select {
		case <-again.C:
			pause = min(2*pause, longestPause)
			again.Reset(pause)
		case <-deadline.C:
			t.Fatalf("waited in vain for %s, for %s", event, patience)
		case <-t.Context().Done():
			t.Fatalf("the test ended before %s", event)
		}
	}
}

// Receive returns the next value from events, or the zero value once events is
// closed. It fails the test as For does.
func Receive[T any](t testing.TB, event string, events <-chan T) T {
	t.Helper()
	patience := patienceOf(t, Patience)
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	select {
	case value := <-events:
		return value
	case <-deadline.C:
		t.Fatalf("waited in vain for %s, for %s", event, patience)
	case <-t.Context().Done():
		t.Fatalf("the test ended before %s", event)
	}
	panic("unreachable")
}

// Pass returns after d of real time. It is for tests about a duration in a
// process whose clock the test does not control: the length of an outage, the
// age of an answer. It must not replace the wait for an event.
func Pass(t testing.TB, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
		t.Fatalf("the test ended before %s had passed", d)
	}
}

// patienceOf returns bound, or less if the test binary ends earlier.
func patienceOf(t testing.TB, bound time.Duration) time.Duration {
	test, ok := t.(interface{ Deadline() (time.Time, bool) })
	if !ok {
		return bound
	}
	deadline, ok := test.Deadline()
	if !ok {
		return bound
	}
	return min(bound, max(0, time.Until(deadline)-reserve))
}
