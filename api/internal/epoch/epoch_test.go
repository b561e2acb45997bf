package epoch_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/epoch"
	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// TestEpochNamesTheHistory proves that the first history has no name, and that
// a database with older versions gets another one.
func TestEpochNamesTheHistory(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		read := func() string { return epoch.New(db, db).Epoch(t.Context()) }
		run := func(query string, args ...any) {
			t.Helper()
			if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
				t.Fatal(err)
			}
		}
		if got := read(); got != "" {
			t.Errorf("without a note of a history: %q", got)
		}
		run("INSERT INTO history (name) VALUES (NULL)") // as the migration does
		for range 2 {
			if got := read(); got != "" {
				t.Errorf("the first history: %q", got)
			}
		}
		// restore has the effect of a restore on the database.
		restore := func(n int) {
			t.Helper()
			var first string
			if err := db.NewRaw("SELECT name FROM history").Scan(t.Context(), &first); err != nil {
				t.Fatal(err)
			}
			if db.IsPostgres() {
				run("DROP TABLE history")
				run("CREATE TABLE history (name text)")
				run("INSERT INTO history (name) VALUES (?)", first)
			} else {
				run("PRAGMA user_version = ?", n)
			}
		}
		seen := map[string]bool{"": true}
		for n := range 3 {
			restore(n + 1)
			got := read()
			if seen[got] || got != read() {
				t.Errorf("restore %d: %q, after %v", n+1, got, seen)
			}
			seen[got] = true
		}
	})
}

// TestEpochOfALostDatabase proves that the name is new and does not come again.
func TestEpochOfALostDatabase(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		faulty, faults := testdb.Faulty(t, db)
		r := epoch.New(faulty, faulty)
		faults.Set(testdb.Fault{})
		if a, b := r.Epoch(t.Context()), r.Epoch(t.Context()); a == "" || a == b {
			t.Errorf("%q, then %q", a, b)
		}
		faults.Clear()
		if got := r.Epoch(t.Context()); got != "" {
			t.Errorf("when it is back: %q", got)
		}
	})
}

// TestEpochWithinATransaction proves that the first history is stored without
// waiting for the present transaction.
func TestEpochWithinATransaction(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		if _, err := db.ExecContext(t.Context(), "INSERT INTO history (name) VALUES (NULL)"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		err := tx.In(ctx, db, func(ctx context.Context, _ bun.Tx) error {
			if got := epoch.New(db, db).Epoch(ctx); got != "" {
				t.Errorf("the first history: %q", got)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestEpochTakesNoSecondConnection has requests in transactions that hold all
// connections, and each requests the epoch. Before, each waited for a
// connection of another.
func TestEpochTakesNoSecondConnection(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db, err := database.Open(t.Context(), database.Options{URL: testdb.NewURL(t, dialect), MaxConns: 1, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			reserved, err := db.Reserve(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = reserved.Close() }()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			err = tx.In(ctx, db, func(ctx context.Context, _ bun.Tx) error {
				if got := epoch.New(db, reserved).Epoch(ctx); got != "" {
					t.Errorf("the first history: %q", got)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}
