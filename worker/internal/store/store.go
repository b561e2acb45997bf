// Package store holds the worker's SQL: what it reads and writes, on either
// dialect.
package store

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/schema"
)

// Store reads and writes the worker's tables. It is safe for concurrent use.
type Store struct {
	db *database.DB
}

// Changes is what one batch has changed.
type Changes struct {
	Rows  int64
	Items []int64 // the items among them that it was about, by id
}

// New returns a Store on db.
func New(db *database.DB) *Store {
	return &Store{db: db}
}

// Dialect returns "postgres" or "sqlite".
func (s *Store) Dialect() string { return s.db.DialectName() }

// Ping returns an error unless the database answers.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, "SELECT 1")
	return database.Error(err, "ping the database")
}

// Now returns the database's time. That of SQLite is this machine's.
func (s *Store) Now(ctx context.Context) (now time.Time, err error) {
	if !s.db.IsPostgres() {
		return time.Now(), nil
	}
	err = s.db.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&now)
	return now, database.Error(err, "ask the database for the time")
}

// SchemaVersion returns the newest applied migration, "" for none.
func (s *Store) SchemaVersion(ctx context.Context) (string, error) {
	return schema.Applied(ctx, s.db)
}

// CheckSchema returns an errs.Unavailable error that says what to do unless
// the database has the schema that this code needs.
func (s *Store) CheckSchema(ctx context.Context) error {
	return schema.Check(ctx, s.db)
}
