// Package store holds the API's SQL: what it reads and writes, on either
// dialect.
package store

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/schema"
)

// Store reads and writes the API's tables. It is safe for concurrent use.
type Store struct {
	db    *database.DB
	queue *runs.Client
	now   func() time.Time

	reading  *combiner[*reading] // of single items, on Postgres
	creating *combiner[*model.Item]
	inFlight sync.Map // of what Once does now: by caller and key
}

// New returns a Store on db, and on queue, which is in db, that takes the time
// from now.
func New(db *database.DB, queue *runs.Client, now func() time.Time) *Store {
	s := &Store{db: db, queue: queue, now: now}
	s.reading = newCombiner(atOnce(db), s.readItems)
	s.creating = newCombiner(atOnce(db), s.insertItems)
	return s
}

// atOnce is how many combined statements of one kind run at the same time:
// SQLite has one writer; Postgres is to have the next one while the answers of
// another are handed out.
func atOnce(db *database.DB) int {
	if !db.IsPostgres() {
		return 1
	}
	return max(2, runtime.GOMAXPROCS(0))
}

// Dialect returns "postgres" or "sqlite".
func (s *Store) Dialect() string { return s.db.DialectName() }

// Ping returns an error unless the database answers.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, "SELECT 1")
	return database.Error(err, "ping the database")
}

// SchemaVersion returns the newest applied migration, "" for none.
func (s *Store) SchemaVersion(ctx context.Context) (string, error) {
	return schema.Applied(ctx, s.db)
}

// LastBeat returns the time of the newest heartbeat of any worker, or an
// errs.NotFound error when no worker has ever run.
func (s *Store) LastBeat(ctx context.Context) (model.Time, error) {
	var beat model.Time
	err := s.db.NewSelect().Model((*model.Worker)(nil)).Column("last_beat").
		OrderExpr("last_beat DESC").Limit(1).Scan(ctx, &beat)
	return beat, database.Error(err, "select the newest heartbeat")
}

// inTx runs f in the transaction that ctx is in, or in one of its own.
func (s *Store) inTx(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	if tx, ok := s.on(ctx).(bun.Tx); ok {
		return f(ctx, tx)
	}
	return s.db.RunInTx(ctx, nil, f)
}
