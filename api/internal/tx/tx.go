// Package tx holds the unit of work: the transaction that a context is in, and
// the calls that wait for its commit.
package tx

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
)

// unit is a transaction with the calls that wait for its commit. One goroutine
// works in it at a time.
type unit struct {
	tx    bun.Tx
	after []func()
}

type unitKey struct{}

func unitOf(ctx context.Context) *unit {
	work, _ := ctx.Value(unitKey{}).(*unit)
	return work
}

// Of returns the transaction that ctx is in, and whether there is one.
func Of(ctx context.Context) (bun.Tx, bool) {
	if work := unitOf(ctx); work != nil {
		return work.tx, true
	}
	return bun.Tx{}, false
}

// On returns the transaction that ctx is in, or db.
func On(ctx context.Context, db *database.DB) bun.IDB {
	if work := unitOf(ctx); work != nil {
		return work.tx
	}
	return db
}

// Query is the query function of a transaction or a database, beneath bun.
type Query func(ctx context.Context, query string, args ...any) (*sql.Rows, error)

// QueryOn returns the query function of the transaction that ctx is in, or of
// db.
func QueryOn(ctx context.Context, db *database.DB) Query {
	if work := unitOf(ctx); work != nil {
		return work.tx.Tx.QueryContext
	}
	return db.DB.DB.QueryContext
}

// In runs f in the transaction that ctx is in, or in a new one, which the
// context of f is in then. An error of f rolls a new transaction back and is
// returned; it also drops the calls of AfterCommit. An error of the commit drops
// none of them: the commit may have happened, and its answer been lost.
func In(ctx context.Context, db *database.DB, f func(ctx context.Context, tx bun.Tx) error) error {
	if work := unitOf(ctx); work != nil {
		return f(ctx, work.tx)
	}
	var work unit
	err := db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		work.tx = tx
		err := f(context.WithValue(ctx, unitKey{}, &work), tx)
		if err != nil {
			work.after = nil
		}
		return err
	})
	for _, call := range work.after {
		call()
	}
	return err
}

// AfterCommit calls f once the transaction that ctx is in is committed, or at
// once outside of one. A call that notifies others of a change goes through it,
// whatever the method of the request: with an Idempotency-Key the change is
// part of a larger transaction.
func AfterCommit(ctx context.Context, f func()) {
	if work := unitOf(ctx); work != nil {
		work.after = append(work.after, f)
		return
	}
	f()
}
