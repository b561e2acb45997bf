package api_test

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
	"github.com/fualab/fualab/api/internal/items"
	"github.com/fualab/fualab/api/internal/limit"
	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/log"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/runs"
)

// clock is a time that passes by a fixed step whenever it is read, so that
// the same requests see the same times on every dialect.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(1234567 * time.Microsecond)
	return c.now
}

// deps are the parts of a test's API. Log is required, and DB and Now for
// requests that ask the database.
type deps struct {
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

func newAPI(d deps) http.Handler {
	return api.NewAPI(rest.Config{
		NoDocs: d.NoDocs, Auth: d.Auth, Failures: d.Failures, Limit: d.Limit, Trusted: d.Trusted, Origins: d.Origins,
		Keys: idempotency.New(d.DB, d.Now), Cache: d.Cache, Log: d.Log,
	}, console.Config{
		Service: d.Service, DB: d.DB, Queue: d.Queue, Redis: d.Redis, Live: d.Live, HeartbeatTTL: d.HeartbeatTTL, Ping: d.Ping,
		Draining: d.Draining, Publish: d.Publish, Now: d.Now, Log: d.Log,
	}, items.Config{
		DB: d.DB, Queue: d.Queue, Epochs: epoch.New(d.DB, d.DB), Cache: d.Cache, Nudge: d.Nudge, Publish: d.Publish, Now: d.Now, Log: d.Log,
	}).Handler()
}

// openAPI returns the OpenAPI document.
func openAPI() ([]byte, error) {
	var text bytes.Buffer
	err := api.WriteOpenAPI(&text)
	return text.Bytes(), err
}

// harness drives the API on a database of its own.
type harness struct {
	*client
	db     *database.DB
	server *httptest.Server
	log    *bytes.Buffer // complete once the server is closed
	queue  *runs.Client
	nudges chan string       // the nudged tasks, in order
	events chan events.Event // the published events, in order
}

func newHarness(t testing.TB, db *database.DB) *harness {
	t.Helper()
	h := &harness{db: db, log: new(bytes.Buffer), queue: inserter(t, db), nudges: make(chan string, 10_000), events: make(chan events.Event, 10_000)}
	now := newClock()
	h.server = httptest.NewServer(newAPI(deps{
		Service: "FUALab API", DB: db, Queue: h.queue, HeartbeatTTL: 45 * time.Second,
		Nudge:    func(_ context.Context, task string) { h.nudges <- task },
		Publish:  func(e events.Event) { h.events <- e },
		Draining: func() bool { return false }, Now: now.Now, Log: log.New(&lockedWriter{w: h.log}, slog.LevelInfo, "test"),
	}))
	t.Cleanup(h.server.Close)
	h.client = newClient(t, h.server.URL)
	return h
}

func inserter(t testing.TB, db *database.DB) *runs.Client {
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

// decode reads a body as a T.
func decode[T any](t testing.TB, body string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("body %.200q: %v", body, err)
	}
	return v
}

// item is the part of an item that tests look at.
type item struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Version int64  `json:"version"`
}
