package items_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/api/internal/nudge"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/shared/testwait"
)

// TestWhatNudges: each change that leaves an item to enrich nudges, and no other.
func TestWhatNudges(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := apitest.NewHarness(t, db)
		for _, s := range []struct {
			method, path, body string
			want               []string
		}{
			{"POST", "/api/items", `{"name":"a"}`, []string{"items.enrich"}},
			{"POST", "/api/items/batch", `[{"name":"b"},{"name":"c"}]`, []string{"items.enrich"}},
			{"PATCH", "/api/items/1", `{"name":"d"}`, []string{"items.enrich"}},
			{"POST", "/api/items", `{"name":""}`, nil},
			{"POST", "/api/items/batch", `[{"name":"b"},{}]`, nil},
			{"PATCH", "/api/items/99", `{"name":"d"}`, nil},
			{"GET", "/api/items", "", nil},
			{"DELETE", "/api/items/1", "", nil},
			{"POST", "/api/items/1/restore", "", []string{"items.enrich"}},
			{"POST", "/api/items/1/restore", "", nil},
		} {
			h.Do(s.method, s.path, s.body)
			var got []string
			for len(h.Nudges) > 0 {
				got = append(got, <-h.Nudges)
			}
			if diff := cmp.Diff(s.want, got); diff != "" {
				t.Errorf("%s %s nudges (-want +got):\n%s", s.method, s.path, diff)
			}
		}
	})
}

// nudging is the API with a nudger on the Redis at url, and the result of each
// nudge that it sends.
func nudging(t *testing.T, db *database.DB, url config.RedisURL) (api http.Handler, sent <-chan error) {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	client, err := redis.Open(url, "test", quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	sent = testredis.Results(client, "lpush")
	nudger := nudge.Start(t.Context(), client, quiet)
	t.Cleanup(nudger.Close)
	return apitest.NewAPI(apitest.Deps{
		DB: db, Queue: apitest.Inserter(t, db), Nudge: nudger.Nudge,
		Draining: func() bool { return false }, Now: time.Now, Log: quiet,
	}), sent
}

func create(t *testing.T, h http.Handler, name string) time.Duration {
	t.Helper()
	rec := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/items", strings.NewReader(`{"name":"`+name+`"}`))
	begin := time.Now()
	h.ServeHTTP(rec, req)
	took := time.Since(begin)
	if rec.Code != http.StatusCreated {
		t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
	}
	return took
}

// TestEachCreateNudges: the nudge of each created item reaches Redis.
func TestEachCreateNudges(t *testing.T) {
	t.Parallel()
	server, url := testredis.Embedded(t)
	h, sent := nudging(t, testdb.New(t, "sqlite"), url)
	for i := range 5 {
		create(t, h, "a")
		if err := testwait.Receive(t, "the nudge to be sent", sent); err != nil {
			t.Fatalf("the nudge of create %d: %v", i, err)
		}
		if task, err := server.Pop(runs.NudgeKey(items.EnrichTask)); err != nil || task != "items.enrich" {
			t.Errorf("create %d nudges %q, %v", i, task, err)
		}
	}
}

// TestALostRedisHoldsUpNothing, whether it refuses connections or takes them
// and never answers. It takes times, and so runs beside no other test; the
// median is for machines that have other work.
func TestALostRedisHoldsUpNothing(t *testing.T) {
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	dead, url := testredis.Embedded(t)
	dead.Close()
	for name, url := range map[string]config.RedisURL{"refuses": url, "silent": config.RedisURL("redis://" + silent.Addr().String())} {
		t.Run(name, func(t *testing.T) {
			h, _ := nudging(t, testdb.New(t, "sqlite"), url)
			took := make([]time.Duration, 11)
			for i := range took {
				took[i] = create(t, h, fmt.Sprint("item ", i))
			}
			slices.Sort(took)
			if median := took[len(took)/2]; median > 100*time.Millisecond {
				t.Errorf("a create took %s: %v", median, took)
			}
		})
	}
}
