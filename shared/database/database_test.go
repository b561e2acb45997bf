package database_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/testdb"
)

func TestSQLiteURL(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"sqlite:///.data/x.db":   ".data/x.db",
		"sqlite:////var/x.db":    "/var/x.db",
		"sqlite:////a%20b/ü.db":  "/a b/ü.db",
		"sqlite:///a%3Fb%23c.db": "a?b#c.db",
	} {
		got, err := database.SQLitePath(config.DatabaseURL(url))
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", url, got, err, want)
		}
		if again, err := database.SQLitePath(database.SQLiteURL(got)); err != nil || again != got {
			t.Errorf("%s does not survive SQLiteURL: %q, %v", got, again, err)
		}
	}
}

func TestSQLiteFileNameWithSpecialCharacters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a dir", "what?#100% ü.db")
	db := testdb.Open(t, database.SQLiteURL(path))
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE t (id integer)"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// TestErrorKinds causes each fault for real, on both dialects.
func TestErrorKinds(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		insert := func(id int, name, status string) string {
			return fmt.Sprintf(`INSERT INTO items (id, name, status, created_at, updated_at)
				VALUES (%d, '%s', '%s', '2026-01-01 00:00:00.000000+00:00', '2026-01-01 00:00:00.000000+00:00')`, id, name, status)
		}
		exec := func(query string) error {
			_, err := db.ExecContext(t.Context(), query)
			return database.Error(err, "try")
		}
		if err := exec(insert(1, "first", "active")); err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			query string
			want  errs.Kind
		}{
			"same key":      {insert(1, "second", "active"), errs.Conflict},
			"check":         {insert(2, "second", "asleep"), errs.Invalid},
			"too long":      {insert(2, strings.Repeat("x", 256), "active"), errs.Invalid},
			"no such table": {"SELECT * FROM nowhere", errs.Internal},
		} {
			if err := exec(tt.query); errs.KindOf(err) != tt.want || err == nil {
				t.Errorf("%s: %s (%v), want %s", name, errs.KindOf(err), err, tt.want)
			}
		}
		var none int
		err := db.NewRaw("SELECT id FROM items WHERE id = 99").Scan(t.Context(), &none)
		if err := database.Error(err, "select item %d", 99); !errs.Is(err, errs.NotFound) || !strings.Contains(err.Error(), "select item 99") {
			t.Errorf("no row: %v", err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = db.ExecContext(ended, "SELECT 1")
		if err := database.Error(err, "try"); !errors.Is(err, context.Canceled) || errs.KindOf(err) != errs.Internal {
			t.Errorf("a cancelled context: %v", err)
		}
	})
	if database.Error(nil, "nothing") != nil {
		t.Error("Error(nil) is not nil")
	}
}

// TestStatementTimeout proves that Postgres ends a query nobody bounded.
func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	db := openWith(t, "statement_timeout=100")
	_, err := db.ExecContext(t.Context(), "SELECT pg_sleep(20)")
	if !errs.Is(database.Error(err, "sleep"), errs.Unavailable) {
		t.Errorf("got %v, want an Unavailable error", err)
	}
}

// TestTransactionThatPostgresEnds proves that one which took too long, also by a
// clock that jumped, is worth trying again.
func TestTransactionThatPostgresEnds(t *testing.T) {
	t.Parallel()
	db := openWith(t, "idle_in_transaction_session_timeout=50")
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	for deadline := time.Now().Add(10 * time.Second); err == nil && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond)
		_, err = tx.ExecContext(t.Context(), "SELECT 1")
	}
	if !errs.Is(database.Error(err, "go on"), errs.Unavailable) {
		t.Errorf("got %v, want an Unavailable error", err)
	}
}

// TestReadOnly is how a standby answers, to which a failover leads for a while.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	db := openWith(t, "default_transaction_read_only=on")
	_, err := db.ExecContext(t.Context(), "DELETE FROM items")
	if !errs.Is(database.Error(err, "delete"), errs.Unavailable) {
		t.Errorf("got %v, want an Unavailable error", err)
	}
}

// openWith opens a Postgres database with a parameter of the server.
func openWith(t *testing.T, parameter string) *database.DB {
	t.Helper()
	url := testdb.NewURL(t, "postgres")
	separator := config.DatabaseURL("?")
	if strings.Contains(url.Reveal(), "?") {
		separator = "&"
	}
	return testdb.Open(t, url+separator+config.DatabaseURL(parameter))
}

func TestSlowQueriesAreLoggedWithoutValues(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			db, err := database.Open(t.Context(), database.Options{
				URL: testdb.NewURL(t, dialect), SlowQuery: time.Nanosecond, Log: slog.New(slog.NewTextHandler(&out, nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			var n int
			if err := db.NewRaw("SELECT count(*) FROM items WHERE name = ? AND id > ?", "it's a marker", 12345).Scan(t.Context(), &n); err != nil {
				t.Fatal(err)
			}
			line := out.String()
			if !strings.Contains(line, "name = ? AND id > ?") || strings.Contains(line, "marker") || strings.Contains(line, "12345") {
				t.Errorf("logged: %s", line)
			}
		})
	}
}

func TestOpenWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	begin := time.Now()
	_, err := database.Open(t.Context(), database.Options{
		URL: "postgres://u:s3cr3t@127.0.0.1:1/d", Wait: 600 * time.Millisecond, Log: slog.New(slog.NewTextHandler(&out, nil)),
	})
	if err == nil || time.Since(begin) < 600*time.Millisecond {
		t.Fatalf("gave up after %s with %v", time.Since(begin), err)
	}
	if s := err.Error(); !strings.Contains(s, "nothing listens at 127.0.0.1:1") || strings.Contains(s+out.String(), "s3cr3t") {
		t.Errorf("message: %s\nlog: %s", s, out.String())
	}
	if n := strings.Count(out.String(), "waiting for the database"); n != 1 {
		t.Errorf("logged the wait %d times", n)
	}
}
