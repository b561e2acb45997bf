// Package testdb gives each test its own database: always on SQLite, and on
// Postgres if available.
//
// FUALAB_TEST_DATABASE_URL names the Postgres server. Without it, the build tag
// integration starts a container with Docker. Without both, tests on Postgres
// are skipped, or fail with FUALAB_TEST_REQUIRE=1.
package testdb

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/schema"
)

// Dialects are the databases on which all stores are tested.
var Dialects = []string{"sqlite", "postgres"}

// Required reports whether a missing server fails a test instead of skipping
// it. CI sets it.
func Required() bool { return os.Getenv("FUALAB_TEST_REQUIRE") == "1" }

// Each runs test on each dialect, on a database with the current schema and no
// rows.
func Each(t *testing.T, test func(t *testing.T, db *database.DB)) {
	t.Helper()
	for _, dialect := range Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			test(t, New(t, dialect))
		})
	}
}

// New opens a database with the current schema and no rows.
func New(t testing.TB, dialect string) *database.DB {
	t.Helper()
	return Open(t, NewURL(t, dialect))
}

// NewURL makes a database with the current schema and no rows.
func NewURL(t testing.TB, dialect string) config.DatabaseURL {
	t.Helper()
	if dialect == "postgres" {
		return postgresFrom(t, template(t))
	}
	url := EmptyURL(t, dialect)
	db := Open(t, url)
	load(t, db)
	return url
}

// EmptyURL makes a database without tables.
func EmptyURL(t testing.TB, dialect string) config.DatabaseURL {
	t.Helper()
	if dialect == "postgres" {
		return postgresFrom(t, "template0")
	}
	return database.SQLiteURL(filepath.Join(t.TempDir(), "fualab.db"))
}

// Open opens url and closes it when the test ends.
func Open(t testing.TB, url config.DatabaseURL) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), database.Options{
		URL: url, AppName: t.Name(), MaxConns: 8, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error("close the test database:", err)
		}
	})
	return db
}

func load(t testing.TB, db *database.DB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if _, err := db.ExecContext(ctx, schema.For(db)); err != nil {
		t.Fatal("load the schema snapshot:", err)
	}
}
