package tx_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// notes makes a table of numbers in db.
func notes(t *testing.T, db *database.DB) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE notes (n bigint NOT NULL)"); err != nil {
		t.Fatal(err)
	}
}

// note inserts n in the transaction of ctx.
func note(ctx context.Context, db *database.DB, n int) error {
	_, err := tx.On(ctx, db).NewRaw("INSERT INTO notes (n) VALUES (?)", n).Exec(ctx)
	return err
}

func noted(t *testing.T, db *database.DB) []int {
	t.Helper()
	var all []int
	if err := db.NewRaw("SELECT n FROM notes ORDER BY n").Scan(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestInJoinsTheTransactionOfItsContext proves that an error of the outer
// function rolls back the inner function's work.
func TestInJoinsTheTransactionOfItsContext(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		notes(t, db)
		if _, in := tx.Of(t.Context()); in {
			t.Error("a context of no transaction is in one")
		}
		refused := errors.New("refused")
		for n, want := range []error{nil, refused} {
			err := tx.In(t.Context(), db, func(ctx context.Context, outer bun.Tx) error {
				inner := tx.In(ctx, db, func(ctx context.Context, inner bun.Tx) error {
					if of, in := tx.Of(ctx); !in || of.Tx != outer.Tx || inner.Tx != outer.Tx {
						t.Error("the inner transaction is not the outer one")
					}
					return note(ctx, db, n)
				})
				rows, err := tx.QueryOn(ctx, db)(ctx, "SELECT n FROM notes")
				if err == nil {
					err = errors.Join(rows.Err(), rows.Close())
				}
				return errors.Join(inner, err, want)
			})
			if !errors.Is(err, want) {
				t.Errorf("%d: %v", n, err)
			}
		}
		if got := noted(t, db); !slices.Equal(got, []int{0}) {
			t.Errorf("noted %v, want 0 alone", got)
		}
	})
}

// TestAfterCommitWaits proves that calls wait for the outermost transaction and
// keep their order. A rollback drops them; a commit with a lost answer does
// not.
func TestAfterCommitWaits(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, real *database.DB) {
		notes(t, real)
		db, faults := testdb.Faulty(t, real)
		var called []int
		call := func(ctx context.Context, n int) {
			tx.AfterCommit(ctx, func() { //nolint:contextcheck // it reads outside of the transaction
				if !slices.Contains(noted(t, real), n) {
					t.Errorf("call %d comes before its commit", n)
				}
				called = append(called, n)
			})
		}
		work := func(n int, fails error) func(context.Context, bun.Tx) error {
			return func(ctx context.Context, _ bun.Tx) error {
				if err := note(ctx, db, n); err != nil {
					return err
				}
				call(ctx, n)
				inner := tx.In(ctx, db, func(ctx context.Context, _ bun.Tx) error {
					call(ctx, n)
					return nil
				})
				if len(called) > 2*n {
					t.Errorf("%d: called within the transaction: %v", n, called)
				}
				return errors.Join(inner, fails)
			}
		}
		if err := tx.In(t.Context(), db, work(0, nil)); err != nil {
			t.Fatal(err)
		}
		faults.Set(testdb.Fault{On: "COMMIT", After: true})
		if err := tx.In(t.Context(), db, work(1, nil)); err == nil {
			t.Error("the lost answer of a commit is no error")
		}
		faults.Clear()
		if err := tx.In(t.Context(), db, work(2, errors.New("refused"))); err == nil {
			t.Error("a refusal is no error")
		}
		call(t.Context(), 1) // without a transaction: at once
		if want := []int{0, 0, 1, 1, 1}; !slices.Equal(called, want) {
			t.Errorf("called %v, want %v", called, want)
		}
	})
}
