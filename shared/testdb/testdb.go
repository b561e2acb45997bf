// Package testdb gives each test a database of its own: SQLite always, and
// Postgres where there is one.
//
// Postgres is the server of FUALAB_TEST_DATABASE_URL; without that and with the
// build tag integration, a container that Docker runs; without both, tests on
// Postgres are skipped, unless FUALAB_TEST_REQUIRE=1 has them fail.
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

// Dialects names the databases every store is tested on.
var Dialects = []string{"sqlite", "postgres"}

// Required reports whether a missing server fails a test instead of skipping
// it, as CI demands.
func Required() bool { return os.Getenv("FUALAB_TEST_REQUIRE") == "1" }

// Each runs test once a dialect, each time on a database that has the
// current schema and nothing in it.
func Each(t *testing.T, test func(t *testing.T, db *database.DB)) {
	t.Helper()
	for _, dialect := range Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			test(t, New(t, dialect))
		})
	}
}

// New opens a database that has the current schema and nothing in it.
func New(t testing.TB, dialect string) *database.DB {
	t.Helper()
	return Open(t, NewURL(t, dialect))
}

// NewURL makes a database that has the current schema and nothing in it.
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

// EmptyURL makes a database without a table.
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
