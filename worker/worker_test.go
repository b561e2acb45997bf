package worker

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/schema"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/shared/testwait"
)

// each runs test on each dialect, with the URL of a new database.
func each(t *testing.T, newURL func(testing.TB, string) config.DatabaseURL, test func(t *testing.T, url config.DatabaseURL)) {
	t.Helper()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			test(t, newURL(t, dialect))
		})
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	each(t, testdb.NewURL, func(t *testing.T, url config.DatabaseURL) {
		db := testdb.Open(t, url)
		m, redisURL := testredis.Embedded(t)
		p := start(t, url, redisURL)

		code, health := p.await("/health", "ok")
		if code != http.StatusOK || health.Service != "FUALab Worker" {
			t.Errorf("/health answers %d, %+v", code, health)
		}
		testwait.For(t, "the first turn", func() bool {
			_, a, err := p.get("/ready")
			return err == nil && a.Loop.LastTurn != nil
		})
		code, ready := p.await("/ready", "ready")
		if code != http.StatusOK || ready.Instance != "test-1" || ready.Redis.Status != "ok" ||
			ready.Schema.Version != schema.Version || ready.Loop.Status != "ok" {
			t.Errorf("/ready answers %d, %+v", code, ready)
		}
		rows := workers(t, db)
		if len(rows) != 1 || rows[0].Instance != "test-1" || time.Since(rows[0].LastBeat.Std()) > time.Minute {
			t.Fatalf("rows of workers: %+v", rows)
		}
		// On a busy machine, Redis may miss a heartbeat and get the next one.
		testwait.For(t, "the beat of the row in the shared key", func() bool {
			shared, err := m.Get("fualab:worker:heartbeat")
			if err != nil {
				return false
			}
			at, err := time.Parse(time.RFC3339Nano, shared)
			if err != nil {
				t.Fatalf("the shared key holds %q: %v", shared, err)
			}
			return model.NewTime(at).Std().Equal(workers(t, db)[0].LastBeat.Std())
		})
		for _, key := range []string{"fualab:worker:heartbeat", "fualab:worker:heartbeat:test-1"} {
			if ttl := m.TTL(key); ttl != 45*time.Second {
				t.Errorf("%s lives for %s, want 45s", key, ttl)
			}
		}

		p.stop()
		if rows := workers(t, db); len(rows) != 0 {
			t.Errorf("rows after the stop: %+v", rows)
		}
		if diff := cmp.Diff([]string{"fualab:events", "fualab:worker:heartbeat"}, m.Keys()); diff != "" {
			t.Errorf("keys after the stop (-want +got):\n%s", diff)
		}
		if _, _, err := p.get("/health"); err == nil {
			t.Error("it still answers")
		}
		// A busy machine may lose a step or Redis for a moment, and logs that.
		for _, text := range []string{"cancelled runs at the stop", "cannot remove the heartbeat", "run rescued"} {
			if lines := p.log.lines(text); len(lines) > 0 {
				t.Errorf("logged %s", lines)
			}
		}
	})
}

func TestRunBeatsAgain(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t, "sqlite")
	db := testdb.Open(t, url)
	startWith(t, Config{
		Common:            config.Common{DatabaseURL: url, ShutdownTimeout: config.Seconds(5 * time.Second)},
		HeartbeatInterval: config.Seconds(time.Second),
	})
	var first model.Time
	testwait.For(t, "a second beat", func() bool {
		rows := workers(t, db)
		if len(rows) == 0 {
			return false
		}
		if first.IsZero() {
			first = rows[0].LastBeat
		}
		return rows[0].LastBeat != first
	})
}

func TestWaitsForTheSchema(t *testing.T) {
	t.Parallel()
	each(t, testdb.EmptyURL, func(t *testing.T, url config.DatabaseURL) {
		p := start(t, url, "")
		if code, _ := p.await("/health", "waiting"); code != http.StatusOK {
			t.Errorf("/health answers %d while waiting, want 200", code)
		}
		code, ready := p.await("/ready", "waiting")
		if code != http.StatusServiceUnavailable || !strings.Contains(ready.Detail, "start the API, or run `fualab-api migrate up`") {
			t.Errorf("/ready answers %d, %+v", code, ready)
		}
		testwait.For(t, "the warning", func() bool { return len(p.log.lines("waiting for the database's schema")) > 0 })

		db := testdb.Open(t, url)
		if _, err := db.ExecContext(t.Context(), schema.For(db)); err != nil {
			t.Fatal(err)
		}
		if code, _ := p.await("/ready", "ready"); code != http.StatusOK {
			t.Errorf("/ready answers %d, want 200", code)
		}
		p.await("/health", "ok")
		p.stop()
		waiting, there := p.log.lines("waiting for the database's schema"), p.log.lines("the database has its schema")
		if len(waiting) != 1 || !strings.Contains(waiting[0], "fualab-api migrate up") || len(there) != 1 {
			t.Errorf("logged %s and %s", waiting, there)
		}
		if rows := workers(t, db); len(rows) != 0 {
			t.Errorf("rows after the stop: %+v", rows)
		}
	})
}

func TestStopsWhileItWaits(t *testing.T) {
	t.Parallel()
	p := start(t, testdb.EmptyURL(t, "sqlite"), "")
	p.await("/ready", "waiting")
	p.stop()
	if lines := p.log.lines("cannot remove the heartbeat"); len(lines) > 0 {
		t.Errorf("it left a fleet that it had not joined: %s", lines)
	}
}

func TestRunsWithoutRedis(t *testing.T) {
	t.Parallel()
	m, url := testredis.Embedded(t)
	m.Close()
	for _, tc := range []struct {
		name, status, redis, says string
		url                       config.RedisURL
	}{
		{"none", "ready", "disabled", "running without Redis: FUALAB_REDIS_URL is empty", ""},
		{"lost", "degraded", "down", "Redis does not accept the heartbeat", url},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			db := testdb.NewURL(t, "sqlite")
			p := start(t, db, tc.url)
			if code, ready := p.await("/ready", tc.status); code != http.StatusOK || ready.Redis.Status != tc.redis {
				t.Errorf("/ready answers %d, %+v", code, ready)
			}
			testwait.For(t, "the log to say so", func() bool { return len(p.log.lines(tc.says)) == 1 })
			beats := testdb.Open(t, db)
			testwait.For(t, "its row", func() bool { return len(workers(t, beats)) == 1 })
		})
	}
}

func TestRunEndsWithItsListener(t *testing.T) {
	t.Parallel()
	cfg := Config{
		Common:   config.Common{DatabaseURL: testdb.NewURL(t, "sqlite"), ShutdownTimeout: config.Seconds(5 * time.Second)},
		Log:      slog.New(slog.DiscardHandler),
		Listener: listenLocal(t),
	}
	_ = cfg.Listener.Close()
	if err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "serve on") {
		t.Errorf("Run returned %v", err)
	}
}

func TestTakenAddress(t *testing.T) {
	t.Parallel()
	ln := listenLocal(t)
	defer func() { _ = ln.Close() }()
	cfg := Config{Common: config.Common{DatabaseURL: testdb.NewURL(t, "sqlite")}, Addr: config.Addr(ln.Addr().String()), Log: slog.New(slog.DiscardHandler)}
	if err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "FUALAB_WORKER_ADDR") {
		t.Errorf("Run returned %v; want an error that names FUALAB_WORKER_ADDR", err)
	}
}
