// Package transfer moves a whole platform from SQLite to Postgres: every row of
// every table with its id, its times and its secrets' hashes, each checked
// against the row that it was made of.
//
// The rows of a table go over in the order of their primary key, a chunk a
// transaction. What is there already is therefore always the beginning of the
// table, and a transfer that was killed goes on after its last key; the mark
// that it leaves in the target says whose rows those are.
package transfer

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/fualab/fualab/shared/database"
)

// Options are what Run needs. From is an SQLite database and To a Postgres one,
// both open; Run closes neither.
type Options struct {
	From, To *database.DB
	Source   string // names From in To until the transfer is complete, without a password
	Log      *slog.Logger
	// Progress hears how many rows of how many in all have gone through a stage
	// of a table. It is called often and must not block.
	Progress func(stage Stage, table string, done, total int64)
}

// Stage is a part of a transfer.
type Stage string

// The stages, in their order.
const (
	Copying  Stage = "copying"
	Checking Stage = "checking"
)

// Table is what a transfer found out about one table.
type Table struct {
	Name   string
	Rows   int64
	Copied int64             // of these, in this run
	Digest [sha256.Size]byte // of the digests of the rows, in the order of the primary key, equal on both sides
}

// Run moves what o.From holds to o.To, checks it and returns what it found, in
// an order in which each table comes after those to which it refers. It is safe to repeat after whatever ended it.
// o.From takes no write meanwhile.
func Run(ctx context.Context, o Options) (tables []Table, err error) {
	to, closeTo, err := openTarget(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeTo()) }()
	from, closeFrom, err := openSource(ctx, o.From)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeFrom()) }()
	plan, err := readPlan(ctx, to)
	if err != nil {
		return nil, err
	}
	if err := begin(ctx, to, plan, o.Source); err != nil {
		return nil, err
	}
	counts, total, err := count(ctx, from, plan)
	if err != nil {
		return nil, err
	}
	tables = make([]Table, len(plan))
	before := int64(0)
	for i, t := range plan {
		tables[i] = Table{Name: t.name, Rows: counts[i]}
		tables[i].Copied, err = copyTable(ctx, from, to, t, func(done int64) { o.Progress(Copying, t.name, before+done, total) })
		if err != nil {
			return nil, fmt.Errorf("copy the table %s: %w", t.name, err)
		}
		before += counts[i]
	}
	before = 0
	for i, t := range plan {
		tables[i].Digest, err = checkTable(ctx, from, to, t, func(done int64) { o.Progress(Checking, t.name, before+done, total) })
		if err != nil {
			return nil, err
		}
		before += counts[i]
	}
	return tables, finish(ctx, from, to, plan)
}

// count returns how many rows each table of the plan has, and all of them.
func count(ctx context.Context, from *sql.Conn, plan []table) (counts []int64, total int64, err error) {
	counts = make([]int64, len(plan))
	for i, t := range plan {
		if err := from.QueryRowContext(ctx, "SELECT count(*) FROM "+quote(t.name)).Scan(&counts[i]); err != nil {
			return nil, 0, fmt.Errorf("count the rows of %s: %w", t.name, err)
		}
		total += counts[i]
	}
	return counts, total, nil
}

// beatsFor is how long after its last heartbeat a worker may still be at work.
const beatsFor = 45 * time.Second
