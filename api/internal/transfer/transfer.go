// Package transfer moves a whole platform from SQLite to Postgres: every row of
// every table with its id, its times and the hashes of its secrets. It compares
// each row with its source.
//
// The rows of a table are copied in the order of their primary key, in chunks
// with one transaction each. So the rows in the target are always the beginning
// of the table, and a killed transfer continues after its last key. A mark in
// the target names the source of the rows.
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

// Options configure Run. From is a SQLite database and To a Postgres one, both
// open; Run closes neither.
type Options struct {
	From, To *database.DB
	Source   string // names From in To until the transfer is complete, without a password
	Log      *slog.Logger
	// Progress receives the number of rows that have passed a stage of a table,
	// and the total. Calls are frequent, so it must not block.
	Progress func(stage Stage, table string, done, total int64)
}

// Stage is a part of a transfer.
type Stage string

// The stages, in their order.
const (
	Copying  Stage = "copying"
	Checking Stage = "checking"
)

// Table is the result for one table.
type Table struct {
	Name   string
	Rows   int64
	Copied int64             // rows copied in this run
	Digest [sha256.Size]byte // the digest of the rows' digests, in the order of the primary key; equal on both sides
}

// Run moves the data of o.From to o.To, compares it, and returns the tables.
// Each table comes after those to which it refers. Run can be repeated after
// any failure. During the run, o.From accepts no writes.
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

// count returns the number of rows of each table of the plan, and their sum.
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

// beatsFor is the time after its last heartbeat in which a worker may still
// run.
const beatsFor = 45 * time.Second
