package limit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/google/go-cmp/cmp"
)

// counting is a Redis that records its calls and returns configured answers.
type counting struct {
	calls   []string
	last    redis_rate.Limit
	timeout time.Duration   // time limit of the last call
	grant   func(n int) int // the allowed part of n; nil: all
	gate    chan struct{}   // each call takes one value; nil: no call waits
	err     error
}

func (c *counting) AllowAtMost(ctx context.Context, key string, limit redis_rate.Limit, n int) (*redis_rate.Result, error) {
	c.calls, c.last = append(c.calls, fmt.Sprintf("%s %d", key, n)), limit
	if deadline, ok := ctx.Deadline(); ok {
		c.timeout = time.Until(deadline)
	}
	if c.gate != nil {
		<-c.gate
	}
	if c.err != nil {
		return nil, c.err
	}
	allowed := n
	if c.grant != nil {
		allowed = c.grant(n)
	}
	return &redis_rate.Result{Limit: limit, Allowed: allowed}, nil
}

// limited runs test with a Limiter on c with the given burst and a token a
// second.
func limited(t *testing.T, burst int, c *counting, test func(t *testing.T, l *Limiter)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		policy := Policy{Name: "test", Rate: 60, Per: time.Minute, Burst: burst}
		l := New(t.Context(), policy, nil, nil, time.Now)
		defer l.keys.StopAllGoroutines()
		l.shared = share(t.Context(), c, "test", policy, slog.New(slog.DiscardHandler), time.Now)
		defer l.Close()
		test(t, l)
	})
}

func (l *Limiter) take(t *testing.T, key string, n int) {
	t.Helper()
	for range n {
		if v := l.Take(key); !v.Allowed {
			t.Fatalf("refused: %+v", v)
		}
	}
	synctest.Wait()
}

// TestAnEighthOfABurstIsToldAtOnce proves that uses are reported in groups,
// because each report costs a call.
func TestAnEighthOfABurstIsToldAtOnce(t *testing.T) {
	t.Parallel()
	for burst, want := range map[int][]string{
		1: {"test:a 1"}, 8: {"test:a 1", "test:a 1", "test:a 1", "test:a 1", "test:a 1"}, 23: {"test:a 2", "test:a 2"}, 24: {"test:a 3"}, 48: nil,
	} {
		c := &counting{}
		limited(t, burst, c, func(t *testing.T, l *Limiter) {
			for range min(5, burst) {
				l.take(t, "a", 1)
				l.Peek("a")
			}
			if diff := cmp.Diff(want, c.calls); diff != "" {
				t.Errorf("burst %d: calls (-want +got):\n%s", burst, diff)
			}
			if len(want) > 0 && (c.last != redis_rate.Limit{Rate: 60, Burst: burst, Period: time.Minute} || c.timeout != tellTimeout) {
				t.Errorf("told of %+v, for %s", c.last, c.timeout)
			}
		})
	}
}

// TestCallersAreHeldBackByOthersUse proves that a caller waits until the
// missing tokens have returned.
func TestCallersAreHeldBackByOthersUse(t *testing.T) {
	t.Parallel()
	for allowed, wait := range map[int]time.Duration{3: 0, 2: time.Second, 0: 3 * time.Second} {
		limited(t, 24, &counting{grant: func(int) int { return allowed }}, func(t *testing.T, l *Limiter) {
			l.take(t, "a", 3)
			if wait > 0 {
				if v := l.Take("a"); v.Allowed || v.RetryAfter != wait || v.Remaining != 0 {
					t.Errorf("%d of 3 are allowed: %+v, want to wait for %s", allowed, v, wait)
				}
				if v := l.Take("b"); !v.Allowed {
					t.Errorf("another caller: %+v", v)
				}
				time.Sleep(wait - time.Nanosecond)
				if v := l.Peek("a"); v.Allowed || v.RetryAfter != time.Nanosecond {
					t.Errorf("just before: %+v", v)
				}
				time.Sleep(time.Nanosecond)
			}
			if v := l.Take("a"); !v.Allowed {
				t.Errorf("%d of 3 are allowed, after %s: %+v", allowed, wait, v)
			}
		})
	}
}

// TestFullQueueTellsLater proves that a caller without a place in the queue is
// reported at its next request.
func TestFullQueueTellsLater(t *testing.T) {
	t.Parallel()
	c := &counting{}
	limited(t, 8, c, func(t *testing.T, l *Limiter) {
		c.gate = make(chan struct{}) // made in the bubble
		l.take(t, "first", 1)        // its report is under way
		for i := range maxTold {
			l.Take(fmt.Sprint(i))
		}
		l.take(t, "late", 2) // the queue is full, twice
		l.take(t, "0", 2)    // waits already, and needs no second place
		close(c.gate)
		synctest.Wait()
		if len(c.calls) != 1+maxTold || c.calls[0] != "test:first 1" || c.calls[1] != "test:0 3" || c.calls[maxTold] != fmt.Sprintf("test:%d 1", maxTold-1) {
			t.Fatalf("%d calls, %q, want %d", len(c.calls), c.calls[:2], 1+maxTold)
		}
		l.take(t, "late", 1)
		if got := c.calls[len(c.calls)-1]; got != "test:late 3" {
			t.Errorf("then Redis is told %q", got)
		}
	})
}

// TestRedisIsLeftAloneForTwoSeconds proves that no call follows an error for
// two seconds, and that the use in that time is dropped.
func TestRedisIsLeftAloneForTwoSeconds(t *testing.T) {
	t.Parallel()
	c := &counting{err: errors.New("away")}
	limited(t, 8, c, func(t *testing.T, l *Limiter) {
		l.take(t, "a", 1)
		time.Sleep(tellPause - time.Nanosecond)
		l.take(t, "a", 2)
		c.err = nil
		time.Sleep(time.Nanosecond)
		l.take(t, "a", 1)
		if diff := cmp.Diff([]string{"test:a 1", "test:a 1"}, c.calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		if v := l.Take("a"); !v.Allowed || v.RetryAfter != 0 {
			t.Errorf("after an error: %+v", v)
		}
	})
}

// TestEachChangeOfRedisIsLogged proves that each change is logged once, and
// that normal work is not.
func TestEachChangeOfRedisIsLogged(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	s := &shared{policy: Policy{Name: "test"}, log: slog.New(slog.NewTextHandler(&out, nil))}
	away := errors.New("away")
	for _, err := range []error{nil, away, away, nil, nil, away} {
		s.note(t.Context(), err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	s.note(ended, nil) // the end of the context is no change
	var got []string
	for line := range strings.Lines(out.String()) {
		_, line, _ = strings.Cut(line, "level=")
		got = append(got, strings.TrimSpace(line))
	}
	const lost, back = `WARN msg="Redis does not count rate limits; each instance counts separately" policy=test error=away`, `INFO msg="Redis counts rate limits again; instances share them" policy=test`
	if diff := cmp.Diff([]string{lost, back, lost}, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// TestCloseEndsTheTelling proves that later use counts only in this process.
func TestCloseEndsTheTelling(t *testing.T) {
	t.Parallel()
	c := &counting{}
	limited(t, 8, c, func(t *testing.T, l *Limiter) {
		l.Close()
		l.take(t, "a", 3)
		if len(c.calls) > 0 {
			t.Errorf("calls %q", c.calls)
		}
	})
}

// TestPolicyHasABurst proves that the burst is at least one.
func TestPolicyHasABurst(t *testing.T) {
	t.Parallel()
	for burst, want := range map[int]int{-1: 1, 0: 1, 1: 1, 2: 2} {
		l := New(t.Context(), Policy{Rate: 1, Per: time.Hour, Burst: burst}, nil, nil, time.Now)
		if got := l.Policy().Burst; got != want {
			t.Errorf("%d becomes %d, want %d", burst, got, want)
		}
		for n := want; n > 0; n-- {
			if v := l.Take("a"); !v.Allowed || v.Remaining != n-1 {
				t.Errorf("%d: %+v", burst, v)
			}
		}
		if v := l.Take("a"); v.Allowed {
			t.Errorf("%d: %+v beyond it", burst, v)
		}
		l.Close()
	}
}

func TestTrusted(t *testing.T) {
	t.Parallel()
	networks := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for peer, want := range map[string]bool{
		"10.0.0.1:5": true, "[::ffff:10.0.0.1]:5": true, "[fd00::1]:5": true, "192.0.2.1:5": false, "[2001:db8::1]:5": false, "10.0.0.1": false, "": false,
	} {
		if got := Trusted(peer, networks); got != want {
			t.Errorf("%q: %t", peer, got)
		}
	}
}
