package live_test

import (
	"log/slog"
	"slices"
	"sync"
	"testing"

	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/testredis"
)

// observer records the names of records, or the types, of its events.
type observer struct {
	mu   sync.Mutex
	seen []string
}

func (o *observer) observe(e events.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if e.Name != "" {
		o.seen = append(o.seen, e.Name)
		return
	}
	o.seen = append(o.seen, string(e.Type))
}

func (o *observer) has(what string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Contains(o.seen, what)
}

func observed(t *testing.T, client *redis.Client) (*live.Hub, *observer) {
	t.Helper()
	o := new(observer)
	hub := live.Start(t.Context(), client, slog.New(slog.DiscardHandler), o.observe)
	t.Cleanup(hub.Close)
	return hub, o
}

// TestObserversAreFirst proves that observers have an event before subscribers.
func TestObserversAreFirst(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client *redis.Client) {
		hub, o := observed(t, client)
		s := subscribe(t, hub)
		for _, name := range numbered(50) {
			add(t.Context(), t, client, name)
			if until(t, s, name); !o.has(name) {
				t.Fatalf("a subscriber has event %s before the observer", name)
			}
		}
	})
}

// TestObserversOfAReplay covers an event that a resumed subscriber would get
// first.
func TestObserversOfAReplay(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client *redis.Client) {
		add(t.Context(), t, client, "a", "b")
		hub, o := observed(t, client)
		s := resume(t, hub, ids(t, client)[0]) // the hub begins after both
		if got := until(t, s, "b"); len(got) != 1 || !o.has("b") {
			t.Errorf("replayed %q, observed %q", got, o.seen)
		}
	})
}

// TestObserversOfALoss proves that observers get a reset after a loss of Redis,
// because events may be lost.
func TestObserversOfALoss(t *testing.T) {
	t.Parallel()
	server, url := testredis.Embedded(t)
	hub, o := observed(t, open(t, url))
	s := subscribe(t, hub)
	addr := server.Addr()
	server.Close()
	until(t, s, "lost")
	o.mu.Lock()
	o.seen = nil
	o.mu.Unlock()
	restart(t, addr)
	if until(t, s, "reset"); !o.has("reset") {
		t.Error("a subscriber is told that events were lost, and the observer is not")
	}
}
