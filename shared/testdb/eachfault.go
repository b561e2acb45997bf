package testdb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/database"
)

// Work is a piece of work that EachFault interrupts.
type Work struct {
	// Begin fills the empty tables of db.
	Begin func(t *testing.T, db *database.DB)
	// On returns the work on db. The work is complete and repeatable.
	On func(t *testing.T, db *database.DB) func(ctx context.Context) error
	// State returns the state of db, for a comparison.
	State func(t *testing.T, db *database.DB) any
}

// mostStatements is the largest number of statements of the work; each of them
// fails three times.
const mostStatements = 60

// EachFault does the work on each dialect, and again for each of its statements
// with a fault: the statement fails, its answer is lost, or it hangs until the
// context ends. Each time, the work must return the error. Then the same work
// without a fault must reach the same state as without any fault.
func EachFault(t *testing.T, w Work) {
	t.Helper()
	Each(t, func(t *testing.T, db *database.DB) {
		faulty, faults := Faulty(t, db)
		statements, want := w.undisturbed(t, db, faulty, faults)
		for n, query := range statements {
			for kind, fault := range map[string]Fault{"fails": {}, "loses its answer": {After: true}, "hangs": {Hang: true}} {
				fault.At = n + 1
				faults.Clear()
				w.begin(t, db)
				do := w.On(t, faulty)
				name := fmt.Sprintf("statement %d %s: %.120s", n+1, kind, strings.Join(strings.Fields(query), " "))
				if err := interrupt(t.Context(), do, faults, fault); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				faults.Clear()
				if err := do(t.Context()); err != nil {
					t.Errorf("%s: the work after it: %v", name, err)
				}
				if diff := cmp.Diff(want, w.State(t, db)); diff != "" {
					t.Errorf("%s: the state after it (-want +got):\n%s", name, diff)
				}
			}
		}
	})
}

// undisturbed does the work twice without a fault. It returns the statements of
// the first time, and the final state.
func (w Work) undisturbed(t *testing.T, db, faulty *database.DB, faults *Faults) (statements []string, state any) {
	t.Helper()
	w.begin(t, db)
	do := w.On(t, faulty)
	faults.Clear()
	if err := do(t.Context()); err != nil {
		t.Fatal("without a fault:", err)
	}
	statements, state = faults.Seen(), w.State(t, db)
	if n := len(statements); n == 0 || n > mostStatements {
		t.Fatalf("the work has %d statements, want 1 to %d", n, mostStatements)
	}
	if err := do(t.Context()); err != nil {
		t.Fatal("a second time:", err)
	}
	if diff := cmp.Diff(state, w.State(t, db)); diff != "" {
		t.Errorf("the second time changes the state (-first +second):\n%s", diff)
	}
	return statements, state
}

// interrupt does the work with a fault, and returns an error unless the work
// returns the fault's error.
func interrupt(ctx context.Context, do func(context.Context) error, faults *Faults, fault Fault) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	want := ErrLost
	var hit atomic.Bool // the work may execute its statements in other goroutines
	fault.Hit = func() { hit.Store(true) }
	if fault.Hang {
		want, fault.Hit = context.Canceled, func() { hit.Store(true); cancel() }
	}
	faults.Set(fault)
	if err := do(ctx); hit.Load() && !errors.Is(err, want) {
		return fmt.Errorf("the work returns the error %q, want %w", fmt.Sprint(err), want)
	} else if !hit.Load() && err != nil {
		return fmt.Errorf("the work fails without a fault: %w", err)
	}
	return nil
}

// tables returns the tables that the services write.
func tables(t *testing.T, db *database.DB) (names []string) {
	t.Helper()
	query := "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
	if db.IsPostgres() {
		query = "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()"
	}
	query = "SELECT name FROM (" + query + ") AS all_tables WHERE name NOT LIKE '%migration%' AND name NOT LIKE 'sqlite_%'"
	if err := db.NewRaw(query).Scan(t.Context(), &names); err != nil {
		t.Fatal(err)
	}
	return names
}

// begin empties the tables, restarts ids at 1, and fills the tables.
func (w Work) begin(t *testing.T, db *database.DB) {
	t.Helper()
	restart := "DELETE FROM sqlite_sequence"
	if db.IsPostgres() {
		restart = "SELECT setval(seqrelid, 1, false) FROM pg_sequence"
	}
	// TRUNCATE makes new files, and takes Postgres a hundred times as long.
	if _, err := db.ExecContext(t.Context(), "DELETE FROM "+strings.Join(tables(t, db), "; DELETE FROM ")+"; "+restart); err != nil {
		t.Fatal(err)
	}
	w.Begin(t, db)
}
