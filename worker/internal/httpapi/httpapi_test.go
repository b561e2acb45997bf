package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/schema"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/shared/version"
	"github.com/fualab/fualab/worker/internal/loop"
)

var noon = time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)

// fixture is a worker's handler; the test can stop its loop.
type fixture struct {
	t        *testing.T
	log      bytes.Buffer
	handler  http.Handler
	loop     *loop.Loop
	entered  chan struct{} // a turn has begun
	release  chan struct{} // lets it end
	draining bool
	now      atomic.Pointer[time.Time]
}

func newFixture(t *testing.T, db *database.DB, url config.RedisURL) *fixture {
	t.Helper()
	f := &fixture{t: t, entered: make(chan struct{}), release: make(chan struct{})}
	f.clock(noon)
	log := slog.New(slog.NewJSONHandler(&f.log, nil))
	rdb, err := redis.Open(url, "test", log)
	if err != nil {
		t.Fatal(err)
	}
	if rdb != nil {
		t.Cleanup(func() { _ = rdb.Close() })
	}
	now := func() time.Time { return *f.now.Load() }
	f.loop = loop.New(loop.Config{Tick: time.Hour, Now: now, Log: log, Steps: []loop.Step{{
		Name: "hangs", Run: func(context.Context, loop.Turn) error {
			f.entered <- struct{}{}
			<-f.release
			return nil
		},
	}}})
	f.handler = New(Deps{
		Service: "FUALab Worker", Instance: "test-1", DB: db, Redis: rdb, Loop: f.loop,
		Draining: func() bool { return f.draining }, Now: now, Log: log,
	})
	return f
}

func (f *fixture) clock(now time.Time) { f.now.Store(&now) }

// begin runs the loop and returns within its first turn. end ends that turn and
// prevents another one.
func (f *fixture) begin() (end func()) {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.loop.Run(ctx)
	}()
	end = sync.OnceFunc(func() {
		cancel()
		close(f.release)
		<-ended
	})
	f.t.Cleanup(end)
	<-f.entered
	return end
}

func (f *fixture) do(method, path string) *httptest.ResponseRecorder {
	f.t.Helper()
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, httptest.NewRequestWithContext(f.t.Context(), method, path, http.NoBody))
	return w
}

// want requests path, and compares status and body without the latencies.
func (f *fixture) want(path string, status int, body map[string]any) {
	f.t.Helper()
	w := f.do(http.MethodGet, path)
	if w.Code != status || w.Header().Get("Content-Type") != "application/json" {
		f.t.Errorf("%s answers %d, %s; want %d", path, w.Code, w.Header().Get("Content-Type"), status)
	}
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		f.t.Fatal(err)
	}
	for _, dependency := range []string{"database", "redis"} {
		if d, ok := got[dependency].(map[string]any); ok {
			delete(d, "latency_ms")
		}
	}
	if diff := cmp.Diff(body, got); diff != "" {
		f.t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

type object = map[string]any

func TestHealth(t *testing.T) {
	t.Parallel()
	f := newFixture(t, testdb.New(t, "sqlite"), "")
	health := func(status string) object {
		return object{"status": status, "service": "FUALab Worker", "version": version.String()}
	}
	f.want("/health", 200, health("waiting"))
	f.begin()
	f.want("/health", 200, health("ok"))
	f.clock(noon.Add(3*time.Hour - 1))
	f.want("/health", 200, health("ok"))
	f.clock(noon.Add(3 * time.Hour))
	stuck := health("stuck")
	stuck["since"], stuck["step"] = "2030-01-31T12:00:00.000000Z", "hangs"
	f.want("/health", 503, stuck)
	f.draining = true
	f.want("/health", 200, health("stopping"))
}

// ready is the response of /ready without a fault; each change differs from it.
func ready(dialect string, changes ...object) object {
	body := object{
		"status": "ready", "service": "FUALab Worker", "version": version.String(), "instance": "test-1",
		"schema":   object{"version": schema.Version, "needed": schema.Version},
		"database": object{"status": "ok", "dialect": dialect},
		"redis":    object{"status": "ok"},
		"loop":     object{"status": "ok", "last_turn": "2030-01-31T12:00:00.000000Z", "lag_ms": 0.0},
	}
	for _, c := range changes {
		for key, value := range c {
			body[key] = value
		}
	}
	return body
}

func TestReady(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		m, url := testredis.Embedded(t)
		f := newFixture(t, db, url)
		f.want("/ready", 503, ready(db.DialectName(), object{
			"status": "waiting", "detail": "The loop is about to begin.",
			"loop": object{"status": "waiting", "last_turn": nil, "lag_ms": 0.0},
		}))
		f.begin()()
		f.want("/ready", 200, ready(db.DialectName()))

		m.Close()
		down := object{"status": "down", "error": "cannot be reached; the log has the cause"}
		f.want("/ready", 200, ready(db.DialectName(), object{"status": "degraded", "redis": down}))

		f.clock(noon.Add(3 * time.Hour))
		f.want("/ready", 503, ready(db.DialectName(), object{
			"status": "stuck", "detail": "The loop does not advance. Restart the worker; its log may have the cause.",
			"redis": down, "loop": object{"status": "stuck", "last_turn": "2030-01-31T12:00:00.000000Z", "lag_ms": 0.0},
		}))

		if n := strings.Count(f.log.String(), `"msg":"dependency down","dependency":"redis"`); n != 1 {
			t.Errorf("the cause is logged %d times, want once: %s", n, f.log.String())
		}

		f.draining = true
		w := f.do(http.MethodGet, "/ready")
		if w.Code != 503 || !strings.Contains(w.Body.String(), `"status":"draining"`) {
			t.Errorf("draining answers %d %s", w.Code, w.Body)
		}
	})
}

func TestReadyWithoutADatabase(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, "sqlite")
	f := newFixture(t, db, "")
	f.begin()()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	f.want("/ready", 503, ready("sqlite", object{
		"status": "unavailable", "detail": "The database is unusable. The worker continues when it answers.",
		"schema":   object{"version": "", "needed": schema.Version},
		"database": object{"status": "down", "dialect": "sqlite", "error": "cannot be reached; the log has the cause"},
		"redis":    object{"status": "disabled"},
	}))
	f.want("/health", 200, object{"status": "ok", "service": "FUALab Worker", "version": version.String()})
}

func TestReadyWithoutASchema(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, testdb.Open(t, testdb.EmptyURL(t, dialect)), "")
			f.want("/ready", 503, ready(dialect, object{
				"status": "waiting",
				"detail": "The database has no schema yet; migration " + schema.Version + " is needed: start the API, or run `fualab-api migrate up`.",
				"schema": object{"version": "", "needed": schema.Version},
				"redis":  object{"status": "disabled"},
				"loop":   object{"status": "waiting", "last_turn": nil, "lag_ms": 0.0},
			}))
		})
	}
}
