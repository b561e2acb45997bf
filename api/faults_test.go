package api_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// state is all that a request may change, a row a line.
func state(t *testing.T, db *database.DB) []string {
	t.Helper()
	var all []string
	for _, table := range []string{"items", "imports", "import_chunks", "idempotency_keys", "river_job", "schedules", "tokens"} {
		rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table)
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
func (f *faulty) undisturbed(t *testing.T, op operation, headers ...string) answer {
	t.Helper()
	r := op.request(t, f)
	f.cache.InvalidateAll()
	got := f.do(op.method, r.path, r.body, append(r.headers, headers...)...)
	if got.Status != op.status {
		t.Fatalf("%s %s without a fault: %d %.300s", op.method, r.path, got.Status, got.Body)
	}
	return got
}

// mostStatements is more than any request has.
const mostStatements = 40

// eachFault does op once for each of its statements, which meets fault, and
// hands the answer to check, with a name for messages.
func (f *faulty) eachFault(t *testing.T, op operation, fault testdb.Fault, key string, check func(name string, r request, got answer, before []string)) {
	t.Helper()
	for fault.At = 1; fault.At < mostStatements; fault.At++ {
		r := op.request(t, f)
		if key != "" {
			r.headers = append(slices.Clone(r.headers), fmt.Sprintf("Idempotency-Key: %s-%d", key, fault.At))
		}
		f.cache.InvalidateAll()
		before := state(t, f.db)
		f.told = 0
		var hit atomic.Bool // requests share statements, which another goroutine does
		fault.Hit = func() { hit.Store(true) }
		f.faults.Set(fault)
		got := f.do(op.method, r.path, r.body, r.headers...)
		seen := f.faults.Seen()
		f.faults.Clear()
		if !hit.Load() {
			if got.Status != op.status {
				t.Errorf("%s %s without a fault: %d %.300s", op.method, r.path, got.Status, got.Body)
			}
			if fault.At == 1 && (op.path != "/api/items/{id}" || !f.db.IsPostgres()) { // its pool reads one item
				t.Errorf("%s %s: no statement is seen", op.method, r.path)
			}
			return
		}
		check(fmt.Sprintf("%s %s, statement %d %.80q", op.method, r.path, fault.At, seen[fault.At-1]), r, got, before)
	}
	t.Errorf("%s %s has no end", op.method, op.path)
}

// TestEachFailedStatementIsAProblem: a request with a failing n-th statement gets
// a 5xx problem. It changes nothing, tells of nothing, and leaves
// nothing in the cache: the same request then gets its right answer.
func TestEachFailedStatementIsAProblem(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		f := newFaulty(t, db, cache.New(32<<20, "items"), overHTTP)
		for _, op := range operations {
			right := f.undisturbed(t, op)
			f.eachFault(t, op, testdb.Fault{}, "", func(name string, r request, got answer, before []string) {
				if got.Status < 500 || got.Header.Get("Content-Type") != "application/problem+json" || f.told > 0 {
					t.Errorf("%s: %d %s %.300s, and %d events", name, got.Status, got.Header.Get("Content-Type"), got.Body, f.told)
				}
				if diff := cmp.Diff(before, state(t, db)); diff != "" {
					t.Errorf("%s: it changes rows (-before +after):\n%s", name, diff)
				}
				again := f.do(op.method, r.path, r.body, r.headers...)
				if again.Status != op.status || op.method == "GET" && again.Body != right.Body {
					t.Errorf("%s: then %d %.300s, want %d %.300s", name, again.Status, again.Body, op.status, right.Body)
				}
			})
		}
	})
}

// TestRepeatedPostTakesEffectOnce: with its Idempotency-Key, whichever statement
// fails, or is done and loses its answer.
func TestRepeatedPostTakesEffectOnce(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		f := newFaulty(t, db, nil, overHTTP)
		for i, op := range operations {
			if op.method != "POST" {
				continue
			}
			added := f.rowsAdded(t, op, fmt.Sprintf("undisturbed-%d", i))
			for what, after := range map[string]bool{"fails": false, "loses its answer": true} {
				replays := 0
				f.eachFault(t, op, testdb.Fault{After: after}, fmt.Sprintf("%d-%t", i, after), func(name string, r request, first answer, before []string) {
					second := f.do(op.method, r.path, r.body, r.headers...)
					if first.Status < 500 || second.Status != op.status {
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
					t.Errorf("%s %s: %d replays of a statement that %s", op.method, op.path, replays, what)
				}
			}
			// A commit that loses its answer has done the work. Statements of River shift the numbers above now and then.
			lost := op.request(t, f)
			lost.headers = append(slices.Clone(lost.headers), fmt.Sprintf("Idempotency-Key: lost-%d", i))
			f.faults.Set(testdb.Fault{On: "COMMIT", After: true})
			first := f.do(op.method, lost.path, lost.body, lost.headers...)
			f.faults.Clear()
			second := f.do(op.method, lost.path, lost.body, lost.headers...)
			if first.Status < 500 || second.Status != op.status || second.Header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("%s %s, whose commit loses its answer: %d, and then %d, replayed %q", op.method, op.path, first.Status, second.Status, second.Header.Get("Idempotent-Replayed"))
			}
		}
	})
}

// rowsAdded returns how many rows op adds, its key's included.
func (f *faulty) rowsAdded(t *testing.T, op operation, key string) int {
	t.Helper()
	r := op.request(t, f)
	before := len(state(t, f.db))
	if got := f.do(op.method, r.path, r.body, append(slices.Clone(r.headers), "Idempotency-Key: "+key)...); got.Status != op.status {
		t.Fatalf("%s %s without a fault: %d %.300s", op.method, r.path, got.Status, got.Body)
	}
	return len(state(t, f.db)) - before
}

// TestHangingStatementEndsItsRequest after the 15 s that the work for one
// request has, whichever statement hangs. It changes nothing, and the request
// can be sent again.
func TestHangingStatementEndsItsRequest(t *testing.T) {
	t.Parallel()
	for i, op := range operations {
		if op.path == "/api/items/export" {
			continue // it has an hour
		}
		t.Run(fmt.Sprintf("%d %s %s", i, op.method, op.path), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { hang(t, op) })
		})
	}
}

func hang(t *testing.T, op operation) {
	t.Helper()
	f := newFaulty(t, testdb.New(t, "sqlite"), nil, directly)
	began := time.Now()
	f.eachFault(t, op, testdb.Fault{Hang: true}, "", func(name string, r request, got answer, before []string) {
		// A lock of SQLite is waited for by milliseconds.
		if took := time.Since(began).Round(100 * time.Millisecond); got.Status != 503 || took != 15*time.Second || f.told > 0 {
			t.Errorf("%s: %d after %s, and %d events", name, got.Status, took, f.told)
		}
		if diff := cmp.Diff(before, state(t, f.db)); diff != "" {
			t.Errorf("%s: it changes rows (-before +after):\n%s", name, diff)
		}
		if again := f.do(op.method, r.path, r.body, r.headers...); again.Status != op.status {
			t.Errorf("%s: then %d %.300s, want %d", name, again.Status, again.Body, op.status)
		}
		began = time.Now()
	})
}
