// Package apitest drives the whole program in tests: its handler on a database of the test, and clients of it.
// It names no part of the product.
package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/api/internal/epoch"
	"github.com/fualab/fualab/api/internal/idempotency"
	"github.com/fualab/fualab/api/internal/limit"
	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/log"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/runs"
)

// Clock is a time that passes by a fixed step whenever it is read, so that
// the same requests see the same times on every dialect.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a Clock that begins on 2026-01-02.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

// Now returns the next time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(1234567 * time.Microsecond)
	return c.now
}

// Deps are the parts of a test's API. Log is required, and DB and Now for
// requests that ask the database.
type Deps struct {
	Service      string
	Auth         *auth.Authenticator
	NoDocs       bool
	DB           *database.DB
	Queue        *runs.Client
	Cache        *cache.Cache
	Redis        *redis.Client
	HeartbeatTTL time.Duration
	Nudge        func(ctx context.Context, task string)
	Publish      func(events.Event)
	Live         *live.Hub
	Ping         time.Duration
	Draining     func() bool
	Limit        *limit.Limiter
	Failures     *limit.Failures
	Trusted      []netip.Prefix
	Origins      []string
	Now          func() time.Time
	Log          *slog.Logger
}

// NewAPI returns the handler of the whole program on the given parts.
func NewAPI(d Deps) http.Handler {
	return api.NewAPI(api.Parts{REST: rest.Config{
		NoDocs: d.NoDocs, Auth: d.Auth, Failures: d.Failures, Limit: d.Limit, Trusted: d.Trusted, Origins: d.Origins,
		Keys: idempotency.New(d.DB, d.Now), Cache: d.Cache, Log: d.Log,
	}, Console: console.Config{
		Service: d.Service, DB: d.DB, Queue: d.Queue, Redis: d.Redis, Live: d.Live, HeartbeatTTL: d.HeartbeatTTL, Ping: d.Ping,
		Draining: d.Draining, Publish: d.Publish, Now: d.Now, Log: d.Log,
	}, Product: api.Product{Queue: d.Queue, Deps: resource.Deps{
		DB: d.DB, Epoch: epoch.New(d.DB, d.DB), Now: d.Now, Cache: d.Cache, Publish: d.Publish, Nudge: d.Nudge, Log: d.Log,
	}}}).Handler()
}

// OpenAPI returns the OpenAPI document.
func OpenAPI() ([]byte, error) {
	var text bytes.Buffer
	err := api.WriteOpenAPI(&text)
	return text.Bytes(), err
}

// Harness drives the API on a database of its own.
type Harness struct {
	*Client
	Db     *database.DB
	Server *httptest.Server
	Log    *bytes.Buffer // complete once the server is closed
	Queue  *runs.Client
	Nudges chan string       // the nudged tasks, in order
	Events chan events.Event // the published events, in order
}

// NewHarness serves the whole program on db.
func NewHarness(t testing.TB, db *database.DB) *Harness {
	t.Helper()
	h := &Harness{Db: db, Log: new(bytes.Buffer), Queue: Inserter(t, db), Nudges: make(chan string, 10_000), Events: make(chan events.Event, 10_000)}
	now := NewClock()
	h.Server = httptest.NewServer(NewAPI(Deps{
		Service: "FUALab API", DB: db, Queue: h.Queue, HeartbeatTTL: 45 * time.Second,
		Nudge:    func(_ context.Context, task string) { h.Nudges <- task },
		Publish:  func(e events.Event) { h.Events <- e },
		Draining: func() bool { return false }, Now: now.Now, Log: log.New(&lockedWriter{w: h.Log}, slog.LevelInfo, "test"),
	}))
	t.Cleanup(h.Server.Close)
	h.Client = NewClient(t, h.Server.URL)
	return h
}

// Inserter returns a queue of runs in db.
func Inserter(t testing.TB, db *database.DB) *runs.Client {
	t.Helper()
	queue, err := runs.NewInserter(db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return queue
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// Decode reads a body as a T.
func Decode[T any](t testing.TB, body string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("body %.200q: %v", body, err)
	}
	return v
}

// Published returns the events published since its last call,
// without the times, which it checks to be there.
func (h *Harness) Published() []events.Event {
	h.T.Helper()
	var all []events.Event
	for len(h.Events) > 0 {
		e := <-h.Events
		if e.At.IsZero() {
			h.T.Errorf("%s has no time", e.Type)
		}
		e.At = events.Event{}.At
		all = append(all, e)
	}
	return all
}
