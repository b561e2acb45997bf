// Package schema has the database's current schema, one file a dialect. The
// API's migration tests write the files (go generate). Migrations make the
// schema in production. The files are for readers, and for tests that need
// tables without the API.
package schema

import (
	"context"
	_ "embed"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
)

// platform is the newest migration of the platform. It changes with each of them.
const platform = "0002"

// Version is the migration of each sequence that this code needs to have been applied: the platform's, a dot, and the
// product's.
const Version = platform + "." + product

// Marks names, for each sequence of migrations, the table that marks the applied ones.
var Marks = map[string]string{"platform": "bun_migrations", "product": "bun_product_migrations"}

// Newest is a query for the Version of a migrated database.
const Newest = "SELECT (SELECT coalesce(max(name), '0000') FROM bun_migrations) || '.' || " +
	"(SELECT coalesce(max(name), '0000') FROM bun_product_migrations)"

// Reached reports whether a database at version applied has each migration of version needed. "" is an empty database.
func Reached(applied, needed string) bool {
	platform, product, _ := strings.Cut(applied, ".")
	needsPlatform, needsProduct, _ := strings.Cut(needed, ".")
	return platform >= needsPlatform && product >= needsProduct
}

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

// MarkTables returns the tables of Marks that db has, sorted.
func MarkTables(ctx context.Context, db *bun.DB) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	catalog := "SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN ? ORDER BY name"
	if db.Dialect().Name() == dialect.PG {
		catalog = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename IN ? ORDER BY tablename"
	}
	var tables []string
	err := db.NewRaw(catalog, bun.Tuple(slices.Collect(maps.Values(Marks)))).Scan(ctx, &tables)
	return tables, database.Error(err, "look for the tables of migrations")
}

// Applied returns the Version that db has, or "" without a migration.
func Applied(ctx context.Context, db *database.DB) (string, error) {
	tables, err := MarkTables(ctx, db.DB)
	if err != nil || len(tables) < len(Marks) {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var newest string
	if err := db.NewRaw(Newest).Scan(ctx, &newest); err != nil {
		return "", database.Error(err, "read the newest migrations")
	}
	if newest == "0000.0000" {
		return "", nil
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
	if Reached(applied, Version) {
		return nil
	}
	if applied == "" {
		return errs.Newf(errs.Unavailable, "The database has no schema yet; migration %s is needed: start the API, or run `fualab-api migrate up`.", Version)
	}
	return errs.Newf(errs.Unavailable, "The database is at migration %s and %s is needed: start this version of the API, or run its `migrate up`.", applied, Version)
}
