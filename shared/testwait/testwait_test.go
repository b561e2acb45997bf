package testwait_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fualab/fualab/shared/testwait"
)

// recorder is a test that a wait fails, with its own deadline and context.
type recorder struct {
	testing.TB
	ctx      context.Context
	deadline time.Time
	failure  string
}

func (r *recorder) Helper()                     {}
func (r *recorder) Context() context.Context    { return r.ctx }
func (r *recorder) Deadline() (time.Time, bool) { return r.deadline, !r.deadline.IsZero() }

func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// run returns the failure of wait, or "", and its duration.
func (r *recorder) run(wait func(t testing.TB)) (failure string, took time.Duration) {
	begin, ended := time.Now(), make(chan struct{})
	go func() {
		defer close(ended)
		wait(r)
	}()
	<-ended
	return r.failure, time.Since(begin)
}

func TestWaitEndsWithTheEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const after = time.Minute
		begin, events := time.Now(), make(chan int, 1)
		r := &recorder{TB: t, ctx: t.Context()}
		for name, wait := range map[string]func(t testing.TB){
			"For": func(t testing.TB) {
				testwait.For(t, "a minute", func() bool { return time.Since(begin) >= after })
			},
			"Receive": func(t testing.TB) {
				time.AfterFunc(after, func() { events <- 7 })
				if got := testwait.Receive(t, "a value", events); got != 7 {
					t.Errorf("received %d", got)
				}
			},
			"Pass": func(t testing.TB) { testwait.Pass(t, after) },
		} {
			begin = time.Now()
			most := after
			if name == "For" {
				most += 80 * time.Millisecond // between two polls
			}
			if failure, took := r.run(wait); failure != "" || took < after || took > most {
				t.Errorf("%s: %q after %s, want from %s to %s", name, failure, took, after, most)
			}
		}
	})
}

func TestWaitInVainFailsTheTest(t *testing.T) {
	t.Parallel()
	waits := map[string]func(t testing.TB){
		"For":     func(t testing.TB) { testwait.For(t, "the event", func() bool { return false }) },
		"Receive": func(t testing.TB) { testwait.Receive(t, "the event", make(chan int)) },
	}
	for name, wait := range waits {
		synctest.Test(t, func(t *testing.T) {
			for _, tt := range []struct {
				deadline, cancel time.Duration // 0: none
				failure          string
				took             time.Duration
			}{
				{0, 0, "waited in vain for the event, for 2m0s", testwait.Patience},
				{time.Hour, 0, "waited in vain for the event, for 2m0s", testwait.Patience},
				{time.Minute, 0, "waited in vain for the event, for 55s", 55 * time.Second},
				{0, time.Second, "the test ended before the event", time.Second},
			} {
				ctx, cancel := context.WithCancel(t.Context())
				r := &recorder{TB: t, ctx: ctx}
				if tt.deadline > 0 {
					r.deadline = time.Now().Add(tt.deadline)
				}
				if tt.cancel > 0 {
					time.AfterFunc(tt.cancel, cancel)
				}
				if failure, took := r.run(wait); failure != tt.failure || took != tt.took {
					t.Errorf("%s, deadline %s, cancelled after %s: %q after %s; want %q after %s", name, tt.deadline, tt.cancel, failure, took, tt.failure, tt.took)
				}
				cancel()
			}
		})
	}
}

func TestWithinHasItsOwnBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{TB: t, ctx: t.Context()}
		never := func(t testing.TB) { testwait.Within(t, time.Second, "the event", func() bool { return false }) }
		if failure, took := r.run(never); failure != "waited in vain for the event, for 1s" || took != time.Second {
			t.Errorf("%q after %s", failure, took)
		}
	})
}

func TestPassEndsWithTheTest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r := &recorder{TB: t, ctx: ctx}
		if failure, took := r.run(func(t testing.TB) { testwait.Pass(t, time.Second) }); failure != "the test ended before 1s had passed" || took != 0 {
			t.Errorf("%q after %s", failure, took)
		}
	})
}
