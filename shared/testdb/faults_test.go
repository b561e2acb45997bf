package testdb_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/testdb"
)

// faulty runs test on each dialect, on a database with the empty table notes.
func faulty(t *testing.T, test func(t *testing.T, db *database.DB, faults *testdb.Faults)) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		if _, err := db.ExecContext(t.Context(), "CREATE TABLE notes (n integer)"); err != nil {
			t.Fatal(err)
		}
		db, faults := testdb.Faulty(t, db)
		test(t, db, faults)
	})
}

func note(ctx context.Context, db bun.IDB, n int) error {
	_, err := db.ExecContext(ctx, "INSERT INTO notes VALUES (?)", n)
	return err
}

// noteBoth writes two rows in one transaction.
func noteBoth(ctx context.Context, db *database.DB) error {
	return db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		return errors.Join(note(ctx, tx, 1), tx.NewRaw("INSERT INTO notes VALUES (2) RETURNING n").Scan(ctx, new(int)))
	})
}

func expectNotes(t *testing.T, db *database.DB, want ...int) {
	t.Helper()
	var notes []int
	if err := db.NewRaw("SELECT n FROM notes ORDER BY n").Scan(t.Context(), &notes); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestFaultFailsTheStatementsItNames(t *testing.T) {
	own := errors.New("own")
	faulty(t, func(t *testing.T, db *database.DB, faults *testdb.Faults) {
		for name, tt := range map[string]struct {
			fault testdb.Fault
			want  []error
		}{
			"each":             {testdb.Fault{}, []error{testdb.ErrLost, testdb.ErrLost, testdb.ErrLost}},
			"the second":       {testdb.Fault{At: 2, Err: own}, []error{nil, own, nil}},
			"by its SQL":       {testdb.Fault{On: "VALUES (3)", Err: own}, []error{nil, nil, own}},
			"the third of all": {testdb.Fault{On: "INSERT", At: 3}, []error{nil, nil, testdb.ErrLost}},
			"none":             {testdb.Fault{On: "UPDATE"}, []error{nil, nil, nil}},
		} {
			faults.Set(tt.fault)
			for n, want := range tt.want {
				if err := note(t.Context(), db, n+1); !errors.Is(err, want) {
					t.Errorf("%s: statement %d: got %v, want %v", name, n+1, err, want)
				}
			}
		}
	})
}

func TestStatementsAreSeenInTheirOrder(t *testing.T) {
	faulty(t, func(t *testing.T, db *database.DB, faults *testdb.Faults) {
		faults.Set(testdb.Fault{At: 4, Err: testdb.ErrLost})
		if err := noteBoth(t.Context(), db); !errs.Is(database.Error(err, "note"), errs.Unavailable) {
			t.Errorf("got %v, want an Unavailable error", err)
		}
		want := []string{"BEGIN", "INSERT INTO notes VALUES (1)", "INSERT INTO notes VALUES (2) RETURNING n", "COMMIT"}
		if diff := cmp.Diff(want, faults.Seen()); diff != "" {
			t.Errorf("statements (-want +got):\n%s", diff)
		}
		faults.Clear()
		if seen := faults.Seen(); len(seen) != 0 {
			t.Errorf("after Clear: %q", seen)
		}
		expectNotes(t, db)
	})
}

func TestLostAnswerKeepsTheStatement(t *testing.T) {
	faulty(t, func(t *testing.T, db *database.DB, faults *testdb.Faults) {
		for statement, want := range map[string][]int{"BEGIN": nil, "VALUES (1)": nil, "RETURNING": nil, "COMMIT": {1, 2}} {
			faults.Set(testdb.Fault{On: statement, After: true})
			if err := noteBoth(t.Context(), db); !errors.Is(err, testdb.ErrLost) {
				t.Errorf("%s: got %v, want ErrLost", statement, err)
			}
			faults.Clear()
			expectNotes(t, db, want...)
			if _, err := db.ExecContext(t.Context(), "DELETE FROM notes"); err != nil {
				t.Fatal(err)
			}
		}
		faults.Set(testdb.Fault{After: true})
		if err := note(t.Context(), db, 3); !errors.Is(err, testdb.ErrLost) {
			t.Errorf("outside of a transaction: got %v, want ErrLost", err)
		}
		faults.Clear()
		expectNotes(t, db, 3)
	})
}

func TestHangEndsWithItsContext(t *testing.T) {
	faulty(t, func(t *testing.T, db *database.DB, faults *testdb.Faults) {
		for _, statement := range []string{"BEGIN", "VALUES (1)", "RETURNING", "COMMIT"} {
			ctx, cancel := context.WithCancel(t.Context())
			faults.Set(testdb.Fault{On: statement, Hang: true, Hit: cancel})
			if err := noteBoth(ctx, db); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: got %v, want the context's error", statement, err)
			}
			faults.Clear()
			expectNotes(t, db)
		}
	})
}

// TestRefusedBeginIsAnError covers SQLite's driver, which refuses a transaction
// with a nil pointer in a non-nil interface.
func TestRefusedBeginIsAnError(t *testing.T) {
	faulty(t, func(t *testing.T, db *database.DB, _ *testdb.Faults) {
		if db.IsPostgres() {
			return // in Postgres, a second writer waits at its row, not at BEGIN
		}
		writer, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = writer.Rollback() }()
		if err := note(t.Context(), writer, 1); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if err := noteBoth(ctx, db); err == nil {
			t.Error("two transactions write at once")
		}
	})
}

func TestFaultsOfConcurrentStatements(t *testing.T) {
	faulty(t, func(t *testing.T, db *database.DB, faults *testdb.Faults) {
		const callers = 4
		faults.Set(testdb.Fault{At: 2})
		var failed [callers]error
		var group sync.WaitGroup
		for n := range callers {
			group.Go(func() { failed[n] = note(t.Context(), db, 1) })
		}
		group.Wait()
		if n := len(faults.Seen()); n != callers {
			t.Errorf("saw %d statements, want %d", n, callers)
		}
		faults.Clear()
		if !errors.Is(errors.Join(failed[:]...), testdb.ErrLost) {
			t.Error("the fault was not met")
		}
		expectNotes(t, db, 1, 1, 1)
	})
}
