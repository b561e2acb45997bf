package api_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// faulty is an API with a cache, and with a database that fails as told.
type faulty struct {
	*client
	db     *database.DB // which does not fail
	faults *testdb.Faults
	cache  *cache.Cache
	told   int // events, so far
}

// newFaulty returns an API on the rows of seed, item 1 and import 1; reach makes
// its client.
func newFaulty(t *testing.T, db *database.DB, held *cache.Cache, reach func(*testing.T, http.Handler) *client) *faulty {
	t.Helper()
	seed(t, db)
	failing, faults := testdb.Faulty(t, db)
	f := &faulty{db: db, faults: faults, cache: held}
	f.client = reach(t, newAPI(deps{
		Service: "FUALab API", DB: failing, Queue: inserter(t, failing), Cache: f.cache, HeartbeatTTL: 45 * time.Second,
		Publish: func(events.Event) { f.told++ }, Draining: func() bool { return false }, Now: newClock().Now, Log: slog.New(slog.DiscardHandler),
	}))
	f.must(201, "POST", "/api/items", `{"name":"first"}`)
	f.newImport(t)
	return f
}

// overHTTP reaches a handler over a connection.
func overHTTP(t *testing.T, handler http.Handler) *client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return newClient(t, server.URL)
}

// directly calls a handler, so that a bubble of synctest holds all of a request.
func directly(t *testing.T, handler http.Handler) *client {
	t.Helper()
	return &client{t: t, base: "http://fualab.test", http: &http.Client{Transport: called{handler}}}
}

type called struct{ handler http.Handler }

func (c called) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// request is one of an operation, on something that is there.
type request struct {
	path, body string
	headers    []string
}

// operation is an operation of the document with a request that succeeds.
type operation struct {
	method, path string
	status       int
	request      func(t *testing.T, f *faulty) request // makes the rows that it needs
}

// plainly returns a function that makes a request of a path alone.
func plainly(path string, headers ...string) func(*testing.T, *faulty) request {
	return func(*testing.T, *faulty) request { return request{path: path, headers: headers} }
}

func (f *faulty) newItem(t *testing.T) int64 {
	t.Helper()
	return decode[item](t, f.must(201, "POST", "/api/items", `{"name":"made"}`).Body).ID
}

// newRun stores a run in the given state and returns its path.
func (f *faulty) newRun(t *testing.T, n int) string {
	t.Helper()
	return fmt.Sprintf("/api/runs/%d", insertJob(t, f.db, jobs()[n]))
}

// newImport sends the whole file of an import, and leaves its end open.
func (f *faulty) newImport(t *testing.T) string {
	t.Helper()
	a := f.do("POST", "/api/imports", "name\na\n", "Content-Type: text/csv", "Upload-Complete: ?0")
	if a.Status != 201 {
		t.Fatalf("begin an import: %d %s", a.Status, a.Body)
	}
	return a.Header.Get("Location")
}

func (f *faulty) newToken(t *testing.T) string {
	t.Helper()
	hash := auth.HashOf(auth.NewToken())
	token := &model.Token{Name: "ci", Hash: hash[:], Scopes: "read"}
	if err := console.NewTokenStore(f.db, time.Now).CreateToken(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("/api/tokens/%d", token.ID)
}

// operations are those that ask the database, but for GET /ready, which tells
// of its faults.
var operations = []operation{
	{"GET", "/api/items", 200, plainly("/api/items")},
	{"GET", "/api/items", 200, plainly("/api/items?total=true&limit=1")},
	{"GET", "/api/items", 200, plainly("/api/items?q=first&sort=-name")},
	{"GET", "/api/items", 200, plainly("/api/items?limit=2", "Cache-Control: no-cache")},
	{"GET", "/api/items/{id}", 200, plainly("/api/items/1")},
	{"GET", "/api/items/export", 200, plainly("/api/items/export?format=ndjson")},
	{"GET", "/api/schedules", 200, plainly("/api/schedules")},
	{"GET", "/api/schedules/{name}", 200, plainly("/api/schedules/items.expire")},
	{"GET", "/api/runs", 200, plainly("/api/runs")},
	{"GET", "/api/runs", 200, plainly("/api/runs?task=items.expire&state=completed")},
	{"GET", "/api/runs/{id}", 200, plainly("/api/runs/1")},
	{"GET", "/api/workers", 200, plainly("/api/workers")},
	{"GET", "/api/stats/items", 200, plainly("/api/stats/items")},
	{"GET", "/api/imports", 200, plainly("/api/imports")},
	{"GET", "/api/imports/{id}", 200, plainly("/api/imports/1")},
	{"GET", "/api/imports/{id}/errors", 200, plainly("/api/imports/1/errors")},
	{"GET", "/api/imports/{id}/errors", 200, plainly("/api/imports/1/errors?format=csv")},
	{"GET", "/api/tokens", 200, plainly("/api/tokens")},
	{"POST", "/api/items", 201, func(*testing.T, *faulty) request { return request{path: "/api/items", body: `{"name":"new"}`} }},
	{"POST", "/api/items/batch", 201, func(*testing.T, *faulty) request {
		return request{path: "/api/items/batch", body: `[{"name":"one"},{"name":"two"}]`}
	}},
	{"PATCH", "/api/items/{id}", 200, func(t *testing.T, f *faulty) request {
		return request{path: fmt.Sprintf("/api/items/%d", f.newItem(t)), body: `{"name":"changed"}`}
	}},
	{"DELETE", "/api/items/{id}", 204, func(t *testing.T, f *faulty) request {
		return request{path: fmt.Sprintf("/api/items/%d", f.newItem(t))}
	}},
	{"POST", "/api/items/{id}/restore", 200, func(t *testing.T, f *faulty) request {
		path := fmt.Sprintf("/api/items/%d", f.newItem(t))
		f.must(204, "DELETE", path, "")
		return request{path: path + "/restore"}
	}},
	{"POST", "/api/imports", 202, func(*testing.T, *faulty) request {
		return request{path: "/api/imports", body: "name\na\n", headers: []string{"Content-Type: text/csv"}}
	}},
	{"POST", "/api/imports", 201, func(*testing.T, *faulty) request {
		return request{path: "/api/imports", body: "name\na\n", headers: []string{"Content-Type: text/csv", "Upload-Complete: ?0"}}
	}},
	{"PATCH", "/api/imports/{id}", 202, func(t *testing.T, f *faulty) request {
		return request{path: f.newImport(t), headers: []string{"Content-Type: application/partial-upload", "Upload-Offset: 7", "Upload-Complete: ?1"}}
	}},
	{"POST", "/api/imports/{id}/cancel", 200, func(t *testing.T, f *faulty) request {
		return request{path: f.newImport(t) + "/cancel"}
	}},
	{"PATCH", "/api/schedules/{name}", 200, func(*testing.T, *faulty) request {
		return request{path: "/api/schedules/items.expire", body: `{"paused":true}`}
	}},
	{"POST", "/api/schedules/{name}/runs", 202, plainly("/api/schedules/items.expire/runs")},
	{"POST", "/api/runs/{id}/retry", 200, func(t *testing.T, f *faulty) request { return request{path: f.newRun(t, 0) + "/retry"} }},
	{"POST", "/api/runs/{id}/cancel", 200, func(t *testing.T, f *faulty) request { return request{path: f.newRun(t, 5) + "/cancel"} }},
	{"DELETE", "/api/tokens/{id}", 204, func(t *testing.T, f *faulty) request { return request{path: f.newToken(t)} }},
}

// untouching are the operations that do not ask the database, and those that
// tell of its faults.
var untouching = []string{
	"GET /health", "GET /api/health", "GET /ready", "GET /api/ready", "GET /api/me", "GET /api/events",
}

// TestEachOperationHasItsFaults: the tables above have all of the document.
func TestEachOperationHasItsFaults(t *testing.T) {
	t.Parallel()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range doc.Operations() {
		if strings.EqualFold(op.Method, "HEAD") || slices.Contains(untouching, strings.ToUpper(op.Method)+" "+op.Path) {
			continue
		}
		if !slices.ContainsFunc(operations, func(o operation) bool { return strings.EqualFold(o.method, op.Method) && o.path == op.Path }) {
			t.Errorf("no request with faults for %s %s", op.Method, op.Path)
		}
	}
}
