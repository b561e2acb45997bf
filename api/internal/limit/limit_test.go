package limit

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/shared/testwait"
)

// clock stands still unless a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

var tenPerSecond = Policy{Name: "test", Rate: 10, Per: time.Second, Burst: 3}

func TestBucket(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	l := New(t.Context(), tenPerSecond, nil, slog.New(slog.DiscardHandler), c.Now)
	defer l.Close()
	const wait = 100 * time.Millisecond
	for i, tt := range []struct {
		pass time.Duration
		key  string
		want Verdict
	}{
		{0, "a", Verdict{true, 2, 0}}, {0, "a", Verdict{true, 1, 0}}, {0, "a", Verdict{true, 0, 0}},
		{0, "a", Verdict{false, 0, wait}}, {0, "b", Verdict{true, 2, 0}},
		{wait - time.Millisecond, "a", Verdict{false, 0, time.Millisecond}}, {time.Millisecond, "a", Verdict{true, 0, 0}},
		{time.Hour, "a", Verdict{true, 2, 0}},
	} {
		c.pass(tt.pass)
		got := l.Take(tt.key)
		got.RetryAfter = got.RetryAfter.Round(time.Microsecond)
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%d: (-want +got):\n%s", i, d)
		}
	}
	if before, after := l.Peek("a"), l.Peek("a"); before != after || !before.Allowed {
		t.Errorf("a look uses something: %+v, %+v", before, after)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	f := NewFailures(t.Context(), nil, slog.New(slog.DiscardHandler), c.Now)
	defer f.Close()
	for range 10 {
		if v := f.Allow(t.Context(), "a"); !v.Allowed {
			t.Fatalf("held back too soon: %+v", v)
		}
		f.Record(t.Context(), "a")
	}
	if v := f.Allow(t.Context(), "a"); v.Allowed || v.RetryAfter.Round(time.Millisecond) != 6*time.Second {
		t.Errorf("after ten failures: %+v", v)
	}
	if v := f.Allow(t.Context(), "b"); !v.Allowed {
		t.Errorf("another address: %+v", v)
	}
	c.pass(7 * time.Second)
	if v := f.Allow(t.Context(), "a"); !v.Allowed {
		t.Errorf("after seven seconds: %+v", v)
	}
}

// heard is a Redis that publishes the amount of each report. It ignores the
// time limit of the call, because a busy machine may exceed it.
type heard struct {
	counter
	told chan int
}

func (h heard) AllowAtMost(ctx context.Context, key string, limit redis_rate.Limit, n int) (*redis_rate.Result, error) {
	result, err := h.counter.AllowAtMost(context.WithoutCancel(ctx), key, limit, n)
	h.told <- n
	return result, err
}

// await waits until n uses have been reported.
func (h heard) await(t *testing.T, n int) {
	t.Helper()
	for n > 0 {
		n -= testwait.Receive(t, "a use to be told", h.told)
	}
}

// TestShared proves that the use on one instance counts on another one, after
// the first report of that one.
func TestShared(t *testing.T) {
	t.Parallel()
	_, url := testredis.Embedded(t)
	log := slog.New(slog.DiscardHandler)
	client, err := redis.Open(url, "test", log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	policy := Policy{Name: "test", Rate: 1, Per: time.Hour, Burst: 8}
	instance := func() (*Limiter, heard) {
		l := New(t.Context(), policy, client, log, time.Now)
		h := heard{l.shared.counter, make(chan int, policy.Burst)}
		l.shared.counter = h
		return l, h
	}
	one, ofOne := instance()
	defer one.Close()
	for range policy.Burst {
		if v := one.Take("a"); !v.Allowed {
			t.Fatalf("refused: %+v", v)
		}
	}
	ofOne.await(t, policy.Burst)
	two, ofTwo := instance()
	if v := two.Take("a"); !v.Allowed || v.Remaining != policy.Burst-1 {
		t.Errorf("before the other instance's first report: %+v", v)
	}
	ofTwo.await(t, 1)
	two.Close() // waits until the answer is recorded
	if v := two.Take("a"); v.Allowed || v.RetryAfter < time.Minute {
		t.Errorf("the other instance: %+v", v)
	}
}

// failing is a Redis that does not answer while it hangs.
type failing struct {
	asked int
	hangs bool
}

func (f *failing) AllowAtMost(ctx context.Context, _ string, limit redis_rate.Limit, n int) (*redis_rate.Result, error) {
	f.asked++
	if f.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return &redis_rate.Result{Limit: limit, Allowed: n}, nil
}

// TestRedisIsAway proves that requests do not wait, that Redis gets no calls
// for two seconds, and that each change is logged once.
func TestRedisIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		r := &failing{hangs: true}
		policy := Policy{Name: "test", Rate: 1000, Per: time.Second, Burst: 8}
		l := New(t.Context(), policy, nil, nil, time.Now)
		l.shared = share(t.Context(), r, "test", policy, slog.New(slog.NewTextHandler(&out, nil)), time.Now)
		l.Take("a")
		time.Sleep(tellTimeout)
		synctest.Wait()
		for range 100 { // none of them may call Redis
			time.Sleep(policy.interval())
			if v := l.Take("a"); !v.Allowed {
				t.Fatalf("refused: %+v", v)
			}
		}
		time.Sleep(tellPause)
		synctest.Wait()
		r.hangs = false
		l.Take("a")
		synctest.Wait()
		l.Close()
		if r.asked != 2 {
			t.Errorf("%d calls, want 2", r.asked)
		}
		if log := out.String(); strings.Count(log, "each instance counts separately") != 1 || strings.Count(log, "instances share them") != 1 {
			t.Errorf("log: %s", log)
		}
	})
}

func TestClient(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, tt := range []struct {
		peer      string
		forwarded []string
		want      string
	}{
		{"192.0.2.1:5", nil, "192.0.2.1"},
		{"192.0.2.1:5", []string{"198.51.100.9"}, "192.0.2.1"},
		{"10.0.0.1:5", nil, "10.0.0.1"},
		{"10.0.0.1:5", []string{"198.51.100.9"}, "198.51.100.9"},
		{"10.0.0.1:5", []string{"1.1.1.1, 198.51.100.9"}, "198.51.100.9"},
		{"10.0.0.1:5", []string{"1.1.1.1", "198.51.100.9, 10.9.9.9"}, "198.51.100.9"},
		{"10.0.0.1:5", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"10.0.0.1:5", []string{"198.51.100.9, nonsense"}, "10.0.0.1"},
		{"10.0.0.1:5", []string{"198.51.100.9, nonsense, 10.0.0.2"}, "10.0.0.2"},
		{"[fd00::1]:5", []string{"2001:db8::7"}, "2001:db8::7"},
		{"[::ffff:10.0.0.1]:5", []string{"198.51.100.9"}, "198.51.100.9"},
		{"@", nil, "invalid IP"},
	} {
		if got := Client(tt.peer, tt.forwarded, trusted).String(); got != tt.want {
			t.Errorf("%s %q: %s, want %s", tt.peer, tt.forwarded, got, tt.want)
		}
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := Key(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}
