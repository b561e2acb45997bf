package apitest

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/testdb"
)

// Faulty is an API with a cache, and with a database that fails as told.
type Faulty struct {
	*Client
	Db     *database.DB // which does not fail
	faults *testdb.Faults
	cache  *cache.Cache
	told   int // events, so far
}

// newFaulty returns an API on the rows of seed and of prepare; reach makes its
// client.
func newFaulty(t *testing.T, db *database.DB, held *cache.Cache, reach func(*testing.T, http.Handler) *Client, prepare func(*testing.T, *Faulty)) *Faulty {
	t.Helper()
	Seed(t, db)
	failing, faults := testdb.Faulty(t, db)
	f := &Faulty{Db: db, faults: faults, cache: held}
	f.Client = reach(t, NewAPI(Deps{
		Service: "FUALab API", DB: failing, Queue: Inserter(t, failing), Cache: f.cache, HeartbeatTTL: 45 * time.Second,
		Publish: func(events.Event) { f.told++ }, Draining: func() bool { return false }, Now: NewClock().Now, Log: slog.New(slog.DiscardHandler),
	}))
	prepare(t, f)
	return f
}

// overHTTP reaches a handler over a connection.
func overHTTP(t *testing.T, handler http.Handler) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return NewClient(t, server.URL)
}

// directly calls a handler, so that a bubble of synctest holds all of a request.
func directly(t *testing.T, handler http.Handler) *Client {
	t.Helper()
	return &Client{T: t, Base: "http://fualab.test", http: &http.Client{Transport: called{handler}}}
}

type called struct{ handler http.Handler }

func (c called) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// Request is one of an operation, on something that is there.
type Request struct {
	Path, Body string
	Headers    []string
}

// Operation is an operation of the document with a request that succeeds.
type Operation struct {
	Method, Path string
	Status       int
	Request      func(t *testing.T, f *Faulty) Request // makes the rows that it needs
}

// Plainly returns a function that makes a request of a path alone.
func Plainly(path string, headers ...string) func(*testing.T, *Faulty) Request {
	return func(*testing.T, *Faulty) Request { return Request{Path: path, Headers: headers} }
}

// tables are the tables of a database that requests change. The index tables of
// a search, and the notifications of River, which it prunes itself, are not.
func tables(t *testing.T, db *database.DB) (names []string) {
	t.Helper()
	query := "SELECT name FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'river_notification'"
	if db.IsPostgres() {
		query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'river_notification'"
	}
	if err := db.NewRaw(query).Scan(t.Context(), &names); err != nil {
		t.Fatal(err)
	}
	return names
}

// state is all that a request may change, a row a line.
func state(t *testing.T, db *database.DB) []string {
	t.Helper()
	var all []string
	for _, table := range tables(t, db) {
		rows, err := db.QueryContext(t.Context(), fmt.Sprintf("SELECT * FROM %q", table))
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			cells, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range cells {
				into[i] = &cells[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			for i := range cells {
				if raw, ok := cells[i].([]byte); ok {
					cells[i] = string(raw)
				}
			}
			all = append(all, fmt.Sprintf("%s %v", table, cells))
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(all)
	return all
}

// undisturbed does op without a fault, and returns its answer.
func (f *Faulty) undisturbed(t *testing.T, op Operation, headers ...string) Answer {
	t.Helper()
	r := op.Request(t, f)
	f.cache.InvalidateAll()
	got := f.Do(op.Method, r.Path, r.Body, append(r.Headers, headers...)...)
	if got.Status != op.Status {
		t.Fatalf("%s %s without a fault: %d %.300s", op.Method, r.Path, got.Status, got.Body)
	}
	return got
}

// mostStatements is more than any request has.
const mostStatements = 40

// eachFault does op once for each of its statements, which meets fault, and
// hands the answer to check, with a name for messages.
func (f *Faulty) eachFault(t *testing.T, op Operation, fault testdb.Fault, key string, check func(name string, r Request, got Answer, before []string)) {
	t.Helper()
	for fault.At = 1; fault.At < mostStatements; fault.At++ {
		r := op.Request(t, f)
		if key != "" {
			r.Headers = append(slices.Clone(r.Headers), fmt.Sprintf("Idempotency-Key: %s-%d", key, fault.At))
		}
		f.cache.InvalidateAll()
		before := state(t, f.Db)
		f.told = 0
		var hit atomic.Bool // requests share statements, which another goroutine does
		fault.Hit = func() { hit.Store(true) }
		f.faults.Set(fault)
		got := f.Do(op.Method, r.Path, r.Body, r.Headers...)
		seen := f.faults.Seen()
		f.faults.Clear()
		if !hit.Load() {
			if got.Status != op.Status {
				t.Errorf("%s %s without a fault: %d %.300s", op.Method, r.Path, got.Status, got.Body)
			}
			if fault.At == 1 && (op.Method != http.MethodGet || !strings.HasSuffix(op.Path, "/{id}") || !f.Db.IsPostgres()) { // its pool reads one row
				t.Errorf("%s %s: no statement is seen", op.Method, r.Path)
			}
			return
		}
		check(fmt.Sprintf("%s %s, statement %d %.80q", op.Method, r.Path, fault.At, seen[fault.At-1]), r, got, before)
	}
	t.Errorf("%s %s has no end", op.Method, op.Path)
}

// CheckFailedStatements has each statement of each request fail: the request gets
// a 5xx problem. It changes nothing, tells of nothing, and leaves
// nothing in the cache: the same request then gets its right answer.
func CheckFailedStatements(t *testing.T, prepare func(*testing.T, *Faulty), operations []Operation) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		f := newFaulty(t, db, api.NewCache(32<<20), overHTTP, prepare)
		for _, op := range operations {
			right := f.undisturbed(t, op)
			f.eachFault(t, op, testdb.Fault{}, "", func(name string, r Request, got Answer, before []string) {
				if got.Status < 500 || got.Header.Get("Content-Type") != "application/problem+json" || f.told > 0 {
					t.Errorf("%s: %d %s %.300s, and %d events", name, got.Status, got.Header.Get("Content-Type"), got.Body, f.told)
				}
				if diff := cmp.Diff(before, state(t, db)); diff != "" {
					t.Errorf("%s: it changes rows (-before +after):\n%s", name, diff)
				}
				again := f.Do(op.Method, r.Path, r.Body, r.Headers...)
				if again.Status != op.Status || op.Method == http.MethodGet && again.Body != right.Body {
					t.Errorf("%s: then %d %.300s, want %d %.300s", name, again.Status, again.Body, op.Status, right.Body)
				}
			})
		}
	})
}

// CheckRepeatedPosts repeats each POST with its Idempotency-Key after any of its statements failed, or succeeded without
// an answer. The POST takes effect once.
func CheckRepeatedPosts(t *testing.T, prepare func(*testing.T, *Faulty), operations []Operation) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		f := newFaulty(t, db, nil, overHTTP, prepare)
		for i, op := range operations {
			if op.Method != http.MethodPost {
				continue
			}
			added := f.rowsAdded(t, op, fmt.Sprintf("undisturbed-%d", i))
			for what, after := range map[string]bool{"fails": false, "loses its answer": true} {
				replays := 0
				f.eachFault(t, op, testdb.Fault{After: after}, fmt.Sprintf("%d-%t", i, after), func(name string, r Request, first Answer, before []string) {
					second := f.Do(op.Method, r.Path, r.Body, r.Headers...)
					if first.Status < 500 || second.Status != op.Status {
						t.Errorf("%s %s: %d %.200s, and then %d %.200s", name, what, first.Status, first.Body, second.Status, second.Body)
					}
					if got := len(state(t, db)) - len(before); got != added {
						t.Errorf("%s %s: %d rows more, want %d", name, what, got, added)
					}
					if second.Header.Get("Idempotent-Replayed") == "true" {
						replays++
					}
				})
				if !after && replays > 0 {
					t.Errorf("%s %s: %d replays of a statement that %s", op.Method, op.Path, replays, what)
				}
			}
			// A commit that loses its answer has done the work. Statements of River shift the numbers above now and then.
			lost := op.Request(t, f)
			lost.Headers = append(slices.Clone(lost.Headers), fmt.Sprintf("Idempotency-Key: lost-%d", i))
			f.faults.Set(testdb.Fault{On: "COMMIT", After: true})
			first := f.Do(op.Method, lost.Path, lost.Body, lost.Headers...)
			f.faults.Clear()
			second := f.Do(op.Method, lost.Path, lost.Body, lost.Headers...)
			if first.Status < 500 || second.Status != op.Status || second.Header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("%s %s, whose commit loses its answer: %d, and then %d, replayed %q", op.Method, op.Path, first.Status, second.Status, second.Header.Get("Idempotent-Replayed"))
			}
		}
	})
}

// rowsAdded returns how many rows op adds, its key's included.
func (f *Faulty) rowsAdded(t *testing.T, op Operation, key string) int {
	t.Helper()
	r := op.Request(t, f)
	before := len(state(t, f.Db))
	if got := f.Do(op.Method, r.Path, r.Body, append(slices.Clone(r.Headers), "Idempotency-Key: "+key)...); got.Status != op.Status {
		t.Fatalf("%s %s without a fault: %d %.300s", op.Method, r.Path, got.Status, got.Body)
	}
	return len(state(t, f.Db)) - before
}

// CheckHangingStatements after the 15 s that the work for one
// request has, whichever statement hangs. It changes nothing, and the request
// can be sent again.
func CheckHangingStatements(t *testing.T, prepare func(*testing.T, *Faulty), operations []Operation) {
	t.Helper()
	for i, op := range operations {
		if strings.HasSuffix(op.Path, "/export") {
			continue // it has an hour
		}
		t.Run(fmt.Sprintf("%d %s %s", i, op.Method, op.Path), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { hang(t, op, prepare) })
		})
	}
}

func hang(t *testing.T, op Operation, prepare func(*testing.T, *Faulty)) {
	t.Helper()
	f := newFaulty(t, testdb.New(t, "sqlite"), nil, directly, prepare)
	began := time.Now()
	f.eachFault(t, op, testdb.Fault{Hang: true}, "", func(name string, r Request, got Answer, before []string) {
		// A lock of SQLite is waited for by milliseconds.
		if took := time.Since(began).Round(100 * time.Millisecond); got.Status != 503 || took != 15*time.Second || f.told > 0 {
			t.Errorf("%s: %d after %s, and %d events", name, got.Status, took, f.told)
		}
		if diff := cmp.Diff(before, state(t, f.Db)); diff != "" {
			t.Errorf("%s: it changes rows (-before +after):\n%s", name, diff)
		}
		if again := f.Do(op.Method, r.Path, r.Body, r.Headers...); again.Status != op.Status {
			t.Errorf("%s: then %d %.300s, want %d", name, again.Status, again.Body, op.Status)
		}
		began = time.Now()
	})
}
