package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/httpapi"
	"github.com/fualab/fualab/api/internal/store"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/log"
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

// harness drives the API on a database of its own.
type harness struct {
	*client
	db     *database.DB
	server *httptest.Server
	log    *bytes.Buffer // complete once the server is closed
	queue  *runs.Client
	nudges chan string       // what was nudged, in order
	events chan events.Event // what was published, in order
}

func newHarness(t testing.TB, db *database.DB) *harness {
	t.Helper()
	h := &harness{db: db, log: new(bytes.Buffer), queue: inserter(t, db), nudges: make(chan string, 10_000), events: make(chan events.Event, 10_000)}
	now := newClock()
	h.server = httptest.NewServer(httpapi.New(httpapi.Deps{
		Service: "FUALab API", Store: store.New(db, h.queue, now.Now), HeartbeatTTL: 45 * time.Second,
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
