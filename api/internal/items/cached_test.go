package items_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/testdb"
)

// caching is an API with a cache, on db.
type caching struct {
	*apitest.Client
	cache *cache.Cache
	db    *database.DB
}

func newCaching(t *testing.T, db *database.DB, publish func(events.Event)) *caching {
	t.Helper()
	c := &caching{cache: api.NewCache(32 << 20), db: db}
	now := apitest.NewClock()
	server := httptest.NewServer(apitest.NewAPI(apitest.Deps{
		Service: "FUALab API", DB: db, Queue: apitest.Inserter(t, db), Cache: c.cache, HeartbeatTTL: 45 * time.Second,
		Publish: publish, Draining: func() bool { return false }, Now: now.Now, Log: slog.New(slog.DiscardHandler),
	}))
	t.Cleanup(server.Close)
	c.Client = apitest.NewClient(t, server.URL)
	return c
}

// behind changes the database without an event.
func (c *caching) behind(query string) {
	c.T.Helper()
	if _, err := c.db.ExecContext(c.T.Context(), query); err != nil {
		c.T.Fatal(err)
	}
}

// TestCacheChangesNoAnswer compares an API that reads the database with one
// that is asked everything twice, so that the second answer may be held.
func TestCacheChangesNoAnswer(t *testing.T) {
	t.Parallel()
	plain, held := apitest.NewHarness(t, testdb.New(t, "sqlite")), newCaching(t, testdb.New(t, "sqlite"), nil)
	steps := append([]apitest.Step{}, contract...)
	for _, sort := range sorts {
		steps = append(steps, apitest.Step{Method: "GET", Path: "/api/items?limit=3&total=true&sort=" + sort})
		next := "/api/items?limit=3&sort=" + sort
		steps = append(steps, apitest.Step{Method: "GET", Path: next}, apitest.Step{Method: "HEAD", Path: next})
	}
	const current = `If-None-Match: "1.0"`
	steps = append(steps,
		apitest.Step{Method: "POST", Path: "/api/items", Body: `{"name":"<last>"}`},
		apitest.Step{Method: "GET", Path: "/api/items/1"}, apitest.Step{Method: "HEAD", Path: "/api/items/1"},
		apitest.Step{Method: "GET", Path: "/api/items/4", Headers: []string{current}}, apitest.Step{Method: "HEAD", Path: "/api/items/4", Headers: []string{current}},
		apitest.Step{Method: "GET", Path: "/api/items/4", Headers: []string{`If-None-Match: "7.7", W/"1.0"`}},
		apitest.Step{Method: "GET", Path: "/api/items/4", Headers: []string{`If-None-Match: "7.7"`, current}},
		apitest.Step{Method: "GET", Path: "/api/items/4", Headers: []string{`If-None-Match: *`}},
		apitest.Step{Method: "GET", Path: "/api/items/4", Headers: []string{"Cache-Control: no-cache", current}},
		apitest.Step{Method: "GET", Path: "/api/items/4?x=1"}, apitest.Step{Method: "GET", Path: "/api/items/04"}, apitest.Step{Method: "GET", Path: "/api/items/%34"},
		apitest.Step{Method: "GET", Path: "/api/items/4/"}, apitest.Step{Method: "GET", Path: "//api/items/4"}, apitest.Step{Method: "GET", Path: "/api/items/"},
		apitest.Step{Method: "GET", Path: "/api/items?limit=2&limit=3"}, apitest.Step{Method: "GET", Path: "/api/items?"},
	)
	for _, s := range steps {
		headers := append([]string{"X-Request-Id: fixed"}, s.Headers...)
		want := plain.Do(s.Method, s.Path, s.Body, headers...)
		twice := s.Method != http.MethodPost && s.Method != http.MethodPatch && s.Method != http.MethodDelete && strings.HasPrefix(s.Path, "/api/items")
		for i := 0; i == 0 || i == 1 && twice; i++ {
			if diff := cmp.Diff(want, held.Do(s.Method, s.Path, s.Body, headers...)); diff != "" {
				t.Errorf("%s %.80s %s, time %d: answers differ (-database +cache):\n%s", s.Method, s.Path, s.Headers, i+1, diff)
			}
		}
	}
	if n := held.cache.Snapshot(); n.Hits < 30 {
		t.Errorf("the cache has hardly been asked: %+v", n)
	}
}

// TestCacheShowsOwnChanges: an API shows its own changes at once.
func TestCacheShowsOwnChanges(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		var heard *caching
		api := newCaching(t, db, func(e events.Event) {
			if e.Type == items.EventUpdated { // a subscriber reads at once
				if a, err := heard.Send("GET", "/api/items/1", ""); err != nil || !strings.Contains(a.Body, `"name":"patched"`) {
					t.Errorf("after the event the item is %s, %v", a.Body, err)
				}
			}
		})
		heard = api
		paths := []string{"/api/items/1", "/api/items", "/api/items?sort=-id&limit=5", "/api/items?q=patched&total=true"}
		see := func(after string, want ...string) {
			t.Helper()
			for range 2 { // the second time it may be held
				for i, path := range paths {
					a := api.Do("GET", path, "")
					if want[i] == "404" && a.Status == 404 {
						continue
					}
					if !strings.Contains(a.Body, want[i]) || strings.Count(a.Body, `"id"`) != strings.Count(want[i], `"id"`) && want[i] == "[]" {
						t.Errorf("after %s, %s is %d %s, want %s", after, path, a.Status, a.Body, want[i])
					}
				}
			}
		}
		see("nothing", "404", "[]\n", "[]\n", "[]\n")
		api.Must(201, "POST", "/api/items", `{"name":"made"}`)
		see("a create", `"name":"made"`, `[{"id":1,"name":"made"`, `[{"id":1,"name":"made"`, "[]\n")
		api.Must(200, "PATCH", "/api/items/1", `{"name":"patched"}`)
		see("a patch", `"name":"patched"`, `[{"id":1,"name":"patched"`, `[{"id":1,"name":"patched"`, `[{"id":1,`)
		api.Must(204, "DELETE", "/api/items/1", "")
		see("a delete", "404", "[]\n", "[]\n", "[]\n")
		api.Must(200, "POST", "/api/items/1/restore", "")
		see("a restore", `"version":4`, `[{"id":1,"name":"patched"`, `[{"id":1,"name":"patched"`, `[{"id":1,`)
		api.Must(201, "POST", "/api/items/batch", `[{"name":"b"},{"name":"c"}]`)
		see("a batch", `"version":4`, `{"id":3,"name":"c"`, `[{"id":3,"name":"c"`, `[{"id":1,`)
		if n := api.cache.Snapshot(); n.Hits == 0 {
			t.Errorf("the cache has not been asked: %+v", n)
		}
	})
}

// TestCacheControl: the Cache-Control of a request decides how fresh its answer is.
func TestCacheControl(t *testing.T) {
	t.Parallel()
	api := newCaching(t, testdb.New(t, "sqlite"), nil)
	api.Must(201, "POST", "/api/items", `{"name":"a"}`)
	for _, path := range []string{"/api/items/1", "/api/items"} {
		for _, s := range []struct {
			header string
			fresh  bool // it sees the database
			keep   bool // and then, so do others
		}{
			{"X: y", false, false},
			{"Cache-Control: max-age=60, only-if-cached", false, false},
			{"Cache-Control: no-store", true, false},
			{"Cache-Control: no-cache", true, true},
			{"Cache-Control: max-age=0", true, true},
			{"cache-control: foo,  No-Cache", true, true},
		} {
			// A hit that comes too late for the cache is tried again.
			for try := 1; ; try++ {
				api.behind(`UPDATE items SET name = 'old'`)
				api.cache.InvalidateAll()
				begin := time.Now()
				api.Must(200, "GET", path, "")
				api.behind(`UPDATE items SET name = 'new'`)
				asked := strings.Contains(api.Do("GET", path, "", s.header).Body, `"name":"new"`)
				then := strings.Contains(api.Do("GET", path, "").Body, `"name":"new"`)
				if time.Since(begin) > cache.MaxAge && try < 10 {
					continue
				}
				if asked != s.fresh || then != s.keep {
					t.Errorf("%s with %s: it sees the database: %t; others then do: %t", path, s.header, asked, then)
				}
				break
			}
		}
	}
}

// TestCacheForgets: a change without an event is seen within a second.
func TestCacheForgets(t *testing.T) {
	t.Parallel()
	api := newCaching(t, testdb.New(t, "sqlite"), nil)
	api.Must(201, "POST", "/api/items", `{"name":"old"}`)
	for _, path := range []string{"/api/items/1", "/api/items"} {
		api.behind(`UPDATE items SET name = 'old'`)
		api.Do("GET", path, "", "Cache-Control: no-cache")
		api.behind(`UPDATE items SET name = 'new'`)
		changed := time.Now()
		for {
			asked := time.Now()
			if strings.Contains(api.Must(200, "GET", path, "").Body, `"name":"new"`) {
				break
			}
			if age := asked.Sub(changed); age >= time.Second {
				t.Fatalf("%s: asked for %s after the change, it is not there", path, age)
			}
		}
	}
}

// TestCacheCoalesces: a hundred requests at once for an answer that is not cached
// make about one read, and a client that goes away takes it from no other.
func TestCacheCoalesces(t *testing.T) {
	t.Parallel()
	api := newCaching(t, testdb.New(t, "sqlite"), nil)
	api.Must(201, "POST", "/api/items", `{"name":"a"}`)
	before := api.cache.Snapshot()
	begin := time.Now()
	var clients sync.WaitGroup
	for range 100 {
		clients.Go(func() {
			if _, err := api.Try(200, "GET", "/api/items", ""); err != nil {
				t.Error(err)
			}
		})
	}
	clients.Wait()
	n := api.cache.Snapshot()
	reads, all := n.Misses-before.Misses, n.Misses+n.Hits+n.Coalesced-before.Misses-before.Hits-before.Coalesced
	if most := 1 + int64(time.Since(begin)/cache.MaxAge); reads > most || all != 100 {
		t.Errorf("%d reads for %d of a hundred: %+v", reads, all, n)
	}
}

// TestCacheIsLogged: an answer from memory has its line, with the route.
func TestCacheIsLogged(t *testing.T) {
	t.Parallel()
	lines := apitest.NewWritten()
	db := testdb.New(t, "sqlite")
	handler := apitest.NewAPI(apitest.Deps{
		DB: db, Cache: api.NewCache(1 << 20), Now: time.Now, Log: slog.New(slog.NewJSONHandler(lines, nil)),
	})
	create(t, handler, "Sample")
	lines.Line(t, `"method":"POST"`)
	for _, path := range []string{"/api/items/1", "/api/items?limit=1"} {
		for range 2 {
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
			body, _ := io.ReadAll(rec.Body)
			route := strings.NewReplacer("/1", "/{id}", "?limit=1", "").Replace(path)
			if line := lines.Line(t, `"msg":"request"`); rec.Code != 200 || len(body) == 0 || !strings.Contains(line, `"route":"`+route+`","status":200`) || rec.Header().Get("X-Request-Id") == "" {
				t.Errorf("%d %v: %s", rec.Code, rec.Header(), line)
			}
		}
	}
}
