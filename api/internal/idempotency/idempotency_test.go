package idempotency_test

import (
	"context"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/idempotency"
	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// notes makes a table, and returns an effect that adds a row to it.
func notes(t *testing.T, db *database.DB, calls *int) func(context.Context) (*idempotency.Answer, error) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE notes (n bigint NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) (*idempotency.Answer, error) {
		*calls++
		_, err := tx.On(ctx, db).NewRaw("INSERT INTO notes (n) VALUES (1)").Exec(ctx)
		return &idempotency.Answer{Status: 201}, err
	}
}

// count returns the number of rows.
func count(t *testing.T, db *database.DB, table string) int {
	t.Helper()
	n, err := db.NewSelect().Table(table).Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// TestKeyIsItsCallers proves that other callers may use the same key.
func TestKeyIsItsCallers(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		keys, calls := idempotency.New(db, time.Now), 0
		act := notes(t, db, &calls)
		for _, tt := range []struct {
			caller   string
			replayed bool
		}{{"a", false}, {"b", false}, {"", false}, {"a", true}, {"b", true}} {
			_, replayed, err := keys.Once(t.Context(), idempotency.Key{Caller: tt.caller, Key: "k", Fingerprint: []byte("f")}, act)
			if replayed != tt.replayed || err != nil {
				t.Errorf("%q: replayed %t, %v", tt.caller, replayed, err)
			}
		}
		if n := count(t, db, "notes"); n != 3 || calls != 3 {
			t.Errorf("%d calls, %d rows; want 3", calls, n)
		}
	})
}

// TestKeyIsForgotten proves that a key expires after a day, even if the worker
// has not pruned it.
func TestKeyIsForgotten(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		now, calls := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), 0
		keys := idempotency.New(db, func() time.Time { return now })
		act := notes(t, db, &calls)
		for _, tt := range []struct {
			after    time.Duration // after the previous step
			replayed bool
		}{{0, false}, {idempotency.Lifetime - time.Microsecond, true}, {time.Microsecond, false}, {time.Hour, true}} {
			now = now.Add(tt.after)
			_, replayed, err := keys.Once(t.Context(), idempotency.Key{Key: "k", Fingerprint: []byte("f")}, act)
			if replayed != tt.replayed || err != nil {
				t.Errorf("at %s: replayed %t, %v", now, replayed, err)
			}
		}
		if n := count(t, db, "idempotency_keys"); n != 1 || calls != 2 {
			t.Errorf("%d rows, %d calls", n, calls)
		}
	})
}
