// Package tx has the unit of work: the transaction in a context, and the calls
// that wait for its commit.
package tx

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
)

// unit is a transaction with the calls that wait for its commit. Only one
// goroutine at a time uses it.
type unit struct {
	tx    bun.Tx
	after []func()
}

type unitKey struct{}

func unitOf(ctx context.Context) *unit {
	work, _ := ctx.Value(unitKey{}).(*unit)
	return work
}

// Of returns the transaction of ctx, and whether there is one.
func Of(ctx context.Context) (bun.Tx, bool) {
	if work := unitOf(ctx); work != nil {
		return work.tx, true
	}
	return bun.Tx{}, false
}

// On returns the transaction of ctx, or db.
func On(ctx context.Context, db *database.DB) bun.IDB {
	if work := unitOf(ctx); work != nil {
		return work.tx
	}
	return db
}

// Query is the query function of a transaction or a database, below bun.
type Query func(ctx context.Context, query string, args ...any) (*sql.Rows, error)

// QueryOn returns the query function of the transaction of ctx, or of db.
func QueryOn(ctx context.Context, db *database.DB) Query {
	if work := unitOf(ctx); work != nil {
		return work.tx.Tx.QueryContext
	}
	return db.DB.DB.QueryContext
}

// In runs f in the transaction of ctx, or in a new one, which it puts into the
// context of f. If f fails, In rolls a new transaction back, drops the calls of
// AfterCommit and returns the error. A failed commit drops no call, because the
// commit may have happened and only its answer may be lost.
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

// AfterCommit calls f after the commit of the transaction of ctx, or at once
// without a transaction. Use it for each notification of a change, in all
// methods: with an Idempotency-Key, the change is part of a larger transaction.
func AfterCommit(ctx context.Context, f func()) {
	if work := unitOf(ctx); work != nil {
		work.after = append(work.after, f)
		return
	}
	f()
}
