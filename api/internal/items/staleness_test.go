package items_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/shared/testwait"
)

// instance is an API, as it runs, with a way of its own to Redis.
type instance struct {
	name string
	url  string
	link *apitest.Link
	told atomic.Int64 // the last change that it has answered
}

func newInstance(t *testing.T, name string, db config.DatabaseURL, redis string) *instance {
	t.Helper()
	ln, err := httpserver.Listen(t.Context(), "127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	i := &instance{name: name, url: "http://" + ln.Addr().String(), link: apitest.NewLink(t, redis)}
	cfg, err := config.Load[api.Config]([]string{
		"FUALAB_DATABASE_URL=" + db.Reveal(), "FUALAB_REDIS_URL=redis://" + i.link.Addr, "FUALAB_MIGRATE_ON_START=false", "FUALAB_RATE_LIMIT=0",
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Listener, cfg.Log = ln, slog.New(slog.DiscardHandler)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- api.Run(ctx, cfg) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
	return i
}

// send returns the body of a 2xx answer.
func (i *instance) send(method, path, body string) (string, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, i.url+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode > 299 {
		err = fmt.Errorf("%s %s: %s %s", method, path, resp.Status, text)
	}
	return string(text), err
}

func (i *instance) must(t *testing.T, method, path, body string) string {
	t.Helper()
	text, err := i.send(method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// history is when each change was answered: the nth named the item n.
type history struct {
	mu sync.Mutex
	at []time.Time
}

func (h *history) add(at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = append(h.at, at)
}

// age is for how long, at asked, change n had already been replaced.
func (h *history) age(n int64, asked time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if next := int(n) + 1; next < len(h.at) {
		return asked.Sub(h.at[next])
	}
	return 0
}

var named = regexp.MustCompile(`"name":"(\d+)"`)

// shown is the change that body shows.
func shown(body string) (int64, error) {
	m := named.FindStringSubmatch(body)
	if m == nil {
		return 0, fmt.Errorf("no change is shown: %s", body)
	}
	return strconv.ParseInt(m[1], 10, 64)
}

// watch reads path until stop is closed, and wants no answer that is a second old
// or older than a change that this instance has acknowledged. It counts its reads and
// returns the greatest age.
func (i *instance) watch(t *testing.T, path string, changes *history, stop <-chan struct{}, reads *atomic.Int64) (oldest time.Duration) {
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-stop:
			return oldest
		case <-again.C:
		}
		least, asked := i.told.Load(), time.Now()
		body, err := i.send("GET", path, "")
		if err != nil {
			t.Errorf("%s: %v", i.name, err)
			return oldest
		}
		n, err := shown(body)
		age := changes.age(n, asked)
		if err != nil || n < least || age >= time.Second {
			t.Errorf("%s, %s: it shows change %d, %v, after it had answered %d; for %s it was no longer so", i.name, path, n, err, least, age)
			return oldest
		}
		reads.Add(1)
		oldest = max(oldest, age)
	}
}

// TestNoAnswerIsASecondOld has one of two instances change an item, and both
// show it all the while, as the ways from each to Redis, and Redis itself, fail.
func TestNoAnswerIsASecondOld(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			url := testdb.NewURL(t, dialect)
			redis, _ := testredis.Embedded(t)
			a, b := newInstance(t, "a", url, redis.Addr()), newInstance(t, "b", url, redis.Addr())
			a.must(t, "POST", "/api/items", `{"name":"0"}`)
			changes := new(history)
			changes.add(time.Now())

			// Each phase is longer than the time for which it may hide a change.
			const phase = 1300 * time.Millisecond
			for _, p := range []struct {
				name string
				by   *instance // makes the changes
				do   func()
			}{
				{"all is well", a, func() {}},
				{"a is cut off", a, a.link.Cut},
				{"a is back", b, func() { a.link.Mend(t) }},
				{"b hangs", a, b.link.Stall},
				{"b is back", a, b.link.Release},
				{"both hang", b, func() { a.link.Stall(); b.link.Stall() }},
				{"both are back", b, func() { a.link.Release(); b.link.Release() }},
				{"Redis is gone", a, redis.Close},
				{"Redis is back, empty", a, func() {
					if err := redis.Restart(); err != nil {
						t.Error(err)
					}
					redis.FlushAll()
				}},
			} {
				stop := make(chan struct{})
				var readers sync.WaitGroup
				var counts []*atomic.Int64 // of the reads of each reader
				for _, i := range []*instance{a, b} {
					for _, path := range []string{"/api/items/1", "/api/items?limit=5&sort=-updated_at"} {
						reads := new(atomic.Int64)
						counts = append(counts, reads)
						readers.Go(func() {
							oldest := i.watch(t, path, changes, stop, reads)
							t.Logf("%s: %s shows %s %d times, at most %s old", p.name, i.name, path, reads.Load(), oldest)
						})
					}
				}
				p.do()
				p.by.change(t, changes, time.Now().Add(phase))
				p.by.changeUntil(t, changes, readAgain(t, counts))
				close(stop)
				readers.Wait()
				if t.Failed() {
					t.Fatalf("while %s", p.name)
				}
			}
		})
	}
}

// readAgain returns a function that reports whether each reader has begun and
// ended a read since this call, or the test has failed. Without it, a phase on a
// slow machine could end with no read.
func readAgain(t *testing.T, counts []*atomic.Int64) func() bool {
	t.Helper()
	want := make([]int64, len(counts))
	for n, reads := range counts {
		want[n] = reads.Load() + 2 // the first of them may have begun before
	}
	return func() bool {
		for n, reads := range counts {
			if reads.Load() < want[n] && !t.Failed() {
				return false
			}
		}
		return true
	}
}

// change renames the item until end.
func (i *instance) change(t *testing.T, changes *history, end time.Time) {
	t.Helper()
	i.changeUntil(t, changes, func() bool { return !time.Now().Before(end) })
}

// changeUntil renames the item until done.
func (i *instance) changeUntil(t *testing.T, changes *history, done func() bool) {
	t.Helper()
	testwait.For(t, "the end of the phase", func() bool {
		if done() {
			return true
		}
		n := int64(len(changes.at)) // no other goroutine adds
		i.must(t, "PATCH", "/api/items/1", fmt.Sprintf(`{"name":"%d"}`, n))
		i.told.Store(n)
		changes.add(time.Now())
		return false
	})
}

// TestAnEventIsSeen: an instance that tells of another one's change shows it,
// too.
func TestAnEventIsSeen(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t, "sqlite")
	redis, _ := testredis.Embedded(t)
	a, b := newInstance(t, "a", url, redis.Addr()), newInstance(t, "b", url, redis.Addr())
	a.must(t, "POST", "/api/items", `{"name":"new"}`)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/api/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() && lines.Text() != "event: hello" { // from here on, every change is told
	}
	for n := range int64(50) {
		for _, path := range []string{"/api/items/1", "/api/items"} {
			b.must(t, "GET", path, "") // for the cache to hold it
		}
		a.must(t, "PATCH", "/api/items/1", fmt.Sprintf(`{"name":"%d"}`, n))
		for lines.Scan() && !strings.Contains(lines.Text(), fmt.Sprintf(`"name":"%d"`, n)) {
		}
		for _, path := range []string{"/api/items/1", "/api/items"} {
			if got, err := shown(b.must(t, "GET", path, "")); got != n || err != nil {
				t.Fatalf("after the event of change %d, %s shows %d, %v", n, path, got, err)
			}
		}
	}
}
