package live_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/shared/testwait"
)

// soon is the limit of a stop, which waits for the present read.
const soon = 10 * time.Second

// eachRedis runs f on an embedded Redis, and on a real one if available.
func eachRedis(t *testing.T, f func(t *testing.T, client *redis.Client)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		_, url := testredis.Embedded(t)
		f(t, open(t, url))
	})
	t.Run("server", func(t *testing.T) {
		t.Parallel()
		f(t, open(t, ownDatabase(t)))
	})
}

var databases atomic.Int32

// ownDatabase is one of the real server's sixteen databases. The stream has a
// fixed name, so tests in one database would see each other's events.
func ownDatabase(t *testing.T) config.RedisURL {
	t.Helper()
	url := strings.TrimSuffix(string(testredis.Server(t)), "/0")
	url = fmt.Sprintf("%s/%d", url, 1+databases.Add(1)%15)
	client := open(t, config.RedisURL(url))
	if _, err := client.Do(t.Context(), "FLUSHDB"); err != nil {
		t.Fatal(err)
	}
	return config.RedisURL(url)
}

func open(t *testing.T, url config.RedisURL) *redis.Client {
	t.Helper()
	client, err := redis.Open(url, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// logged is a log that tests may read during writes.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func start(t *testing.T, client *redis.Client) (*live.Hub, *logged) {
	t.Helper()
	log := &logged{}
	hub := live.Start(t.Context(), client, slog.New(slog.NewTextHandler(log, nil)))
	t.Cleanup(hub.Close)
	return hub, log
}

func subscribe(t *testing.T, hub *live.Hub) *live.Subscription {
	t.Helper()
	s, err := hub.Subscribe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// resume subscribes as a client that has received all events up to id.
func resume(t *testing.T, hub *live.Hub, id string) *live.Subscription {
	t.Helper()
	s := subscribe(t, hub)
	s.Resume(t.Context(), parse(t, id+strings.TrimPrefix(s.At.String(), s.At.Entry()))) // in the same history
	return s
}

func parse(t *testing.T, id string) live.ID {
	t.Helper()
	parsed, err := live.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// add appends an event for each name.
func add(ctx context.Context, t *testing.T, client *redis.Client, names ...string) {
	t.Helper()
	all := make([]events.Event, len(names))
	for i, name := range names {
		all[i] = events.Event{Type: items.EventCreated, At: model.NewTime(time.Now()), Name: name}
	}
	if err := events.Append(ctx, client, all...); err != nil {
		t.Fatal(err)
	}
}

// numbered returns n names in order.
func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	return names
}

// ids returns the ids of all entries.
func ids(t *testing.T, client *redis.Client) []string {
	t.Helper()
	entries, err := client.XRangeN(t.Context(), events.Stream, "-", "+", 2*events.Kept)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]string, len(entries))
	for i, e := range entries {
		all[i] = e.ID
	}
	return all
}

// told is the short form of a message: the name of a created record, "reset",
// "lost" or "back".
func told(t *testing.T, m live.Message) string {
	t.Helper()
	switch text := string(m.Data); {
	case m.Name == live.StatusName && text == `{"live":false}`:
		return "lost"
	case m.Name == live.StatusName && text == `{"live":true}`:
		return "back"
	case m.Name == "reset" && strings.HasPrefix(text, `{"type":"reset","at":"`):
		return "reset"
	case m.Name == string(items.EventCreated):
		_, rest, _ := strings.Cut(text, `"name":"`)
		return strings.TrimSuffix(rest, `"}`)
	default:
		t.Errorf("message %s: %s", m.Name, text)
		return "?"
	}
}

// until takes messages until last, and returns their short forms.
func until(t *testing.T, s *live.Subscription, last string) []string {
	t.Helper()
	var all []string
	for {
		for _, m := range s.Take() {
			all = append(all, told(t, m))
		}
		if len(all) > 0 && all[len(all)-1] == last {
			return all
		}
		testwait.Receive(t, fmt.Sprintf("%q, after %.500q", last, all), s.Ready())
	}
}

// next waits for one message, and fails if another one comes with it.
func next(t *testing.T, s *live.Subscription) live.Message {
	t.Helper()
	for {
		if all := s.Take(); len(all) == 1 {
			return all[0]
		} else if len(all) > 1 {
			t.Fatalf("%d messages came at once", len(all))
		}
		testwait.Receive(t, "a message", s.Ready())
	}
}
