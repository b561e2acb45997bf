// Package schema has the database's current schema, one file a dialect. The
// API's migration tests write the files (go generate). Migrations make the
// schema in production. The files are for readers, and for tests that need
// tables without the API.
package schema

import (
	"context"
	_ "embed"
	"strings"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
)

// Version is the newest migration that this code needs.
const Version = "0012"

// Postgres and SQLite create the schema in an empty database.
var (
	//go:embed postgres.sql
	Postgres string
	//go:embed sqlite.sql
	SQLite string
)

// For returns the snapshot in db's dialect.
func For(db *database.DB) string {
	if db.IsPostgres() {
		return Postgres
	}
	return SQLite
}

// Applied returns the newest applied migration of db, or "".
func Applied(ctx context.Context, db *database.DB) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	catalog := "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'bun_migrations'"
	if db.IsPostgres() {
		catalog = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'bun_migrations'"
	}
	var tables int
	if err := db.NewRaw(catalog).Scan(ctx, &tables); err != nil {
		return "", database.Error(err, "find the migrations table")
	}
	if tables == 0 {
		return "", nil
	}
	var newest string
	if err := db.NewRaw("SELECT coalesce(max(name), '') FROM bun_migrations").Scan(ctx, &newest); err != nil {
		return "", database.Error(err, "read the newest migration")
	}
	return newest, nil
}

// Check returns an Unavailable error unless db has at least the migration
// Version.
func Check(ctx context.Context, db *database.DB) error {
	applied, err := Applied(ctx, db)
	if err != nil {
		return err
	}
	if strings.Compare(applied, Version) >= 0 {
		return nil
	}
	if applied == "" {
		return errs.Newf(errs.Unavailable, "The database has no schema yet; migration %s is needed: start the API, or run `fualab-api migrate up`.", Version)
	}
	return errs.Newf(errs.Unavailable, "The database is at migration %s and %s is needed: start this version of the API, or run its `migrate up`.", applied, Version)
}
