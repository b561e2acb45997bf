package api_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
)

// readiness is the part of /ready that tests look at.
type readiness struct {
	Status   string
	Schema   struct{ Version, Needed string }
	Database struct{ Status, Dialect, Error string }
	Redis    struct{ Status, Error string }
	Worker   struct {
		Status        string
		LastHeartbeat string   `json:"last_heartbeat"`
		AgeSeconds    *float64 `json:"age_seconds"`
	}
	Tasks struct {
		Status  string
		Overdue []struct {
			Task         string
			LastSuccess  *string `json:"last_success"`
			LimitSeconds float64 `json:"limit_seconds"`
		}
	}
}

// ready asks /ready of an API on db and the Redis at redisURL.
func ready(t *testing.T, db *database.DB, client *redis.Client, draining bool) (int, readiness) {
	t.Helper()
	h := apitest.NewAPI(apitest.Deps{
		DB: db, Redis: client, HeartbeatTTL: 45 * time.Second,
		Draining: func() bool { return draining }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/ready", http.NoBody))
	apitest.CheckAnswer(t, http.MethodGet, "/ready", rec.Result(), rec.Body.Bytes())
	return rec.Code, apitest.Decode[readiness](t, rec.Body.String())
}

func beat(t *testing.T, db *database.DB, instance string, at time.Time) {
	t.Helper()
	now := model.NewTime(at)
	w := &model.Worker{Instance: instance, Version: "test", StartedAt: now, LastBeat: now, Running: []string{}}
	if _, err := db.NewInsert().Model(w).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestReadyTellsTheTruth(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		server, url := testredis.Embedded(t)
		client, err := redis.Open(url, "test", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })

		expect := func(name string, status int, overall, redisStatus, worker string, c *redis.Client, draining bool) readiness {
			t.Helper()
			code, got := ready(t, db, c, draining)
			if code != status || got.Status != overall || got.Redis.Status != redisStatus || got.Worker.Status != worker {
				t.Errorf("%s: %d %+v; want %d %s, Redis %s, worker %s", name, code, got, status, overall, redisStatus, worker)
			}
			return got
		}
		expect("no worker yet", 200, "degraded", "ok", "missing", client, false)
		beat(t, db, "old", time.Now().Add(-time.Hour))
		expect("an old worker", 200, "degraded", "ok", "stale", client, false)
		beat(t, db, "new", time.Now())
		got := expect("all is well", 200, "ready", "ok", "ok", client, false)
		if got.Schema.Version != got.Schema.Needed || got.Database.Dialect != db.DialectName() || got.Worker.AgeSeconds == nil || got.Worker.LastHeartbeat == "" {
			t.Errorf("incomplete: %+v", got)
		}
		expect("without Redis by choice", 200, "ready", "disabled", "ok", nil, false)
		expect("draining", 503, "draining", "ok", "ok", client, true)
		server.Close()
		if got := expect("Redis gone", 200, "degraded", "down", "ok", client, false); strings.Contains(got.Redis.Error, "127.0.0.1") {
			t.Errorf("internals show: %s", got.Redis.Error)
		}
	})
}

func TestReadyWithoutSchemaOrDatabase(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := testdb.Open(t, testdb.EmptyURL(t, dialect))
			if code, got := ready(t, db, nil, false); code != 503 || got.Status != "unavailable" || got.Database.Status != "ok" || got.Schema.Version != "" {
				t.Errorf("no schema: %d %+v", code, got)
			}
			if err := db.DB.Close(); err != nil {
				t.Fatal(err)
			}
			if code, got := ready(t, db, nil, false); code != 503 || got.Status != "unavailable" || got.Database.Status != "down" || got.Worker.Status != "unknown" {
				t.Errorf("no database: %d %+v", code, got)
			}
		})
	}
}
