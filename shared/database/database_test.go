package database_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	neturl "net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
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

// TestNowOnALostConnection proves that Now queries Postgres, and that it uses
// the machine's time for SQLite.
func TestNowOnALostConnection(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		db, faults := testdb.Faulty(t, db)
		faults.Set(testdb.Fault{})
		if _, err := db.Now(t.Context()); db.IsPostgres() != errors.Is(err, testdb.ErrLost) {
			t.Errorf("Now: %v", err)
		}
		faults.Clear()
		if got, err := db.Now(t.Context()); err != nil || time.Since(got).Abs() > time.Minute {
			t.Errorf("Now is %s, %v", got, err)
		}
	})
}

// TestErrorKinds causes each fault for real, on both dialects.
func TestErrorKinds(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		insert := func(id int, name, status string) string {
			return fmt.Sprintf("INSERT INTO things (id, name, status) VALUES (%d, '%s', '%s')", id, name, status)
		}
		exec := func(query string) error {
			_, err := db.ExecContext(t.Context(), query)
			return database.Error(err, "try")
		}
		const table = "CREATE TABLE things (id integer PRIMARY KEY, name text CHECK (length(name) < 256), status text CHECK (status IN ('active')))"
		if err := errors.Join(exec(table), exec(insert(1, "first", "active"))); err != nil {
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
		err := db.NewRaw("SELECT id FROM things WHERE id = 99").Scan(t.Context(), &none)
		if err := database.Error(err, "select thing %d", 99); !errs.Is(err, errs.NotFound) || !strings.Contains(err.Error(), "select thing 99") {
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

// TestStatementTimeout proves that Postgres ends a query without a timeout.
func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	db := openWith(t, "statement_timeout=100")
	_, err := db.ExecContext(t.Context(), "SELECT pg_sleep(20)")
	if !errs.Is(database.Error(err, "sleep"), errs.Unavailable) {
		t.Errorf("got %v, want an Unavailable error", err)
	}
}

// TestTransactionThatPostgresEnds proves that a transaction that took too long,
// even because of a jump of the clock, is worth a retry.
func TestTransactionThatPostgresEnds(t *testing.T) {
	t.Parallel()
	db := openWith(t, "idle_in_transaction_session_timeout=50")
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	var session int
	if err := tx.NewRaw("SELECT pg_backend_pid()").Scan(t.Context(), &session); err != nil {
		t.Fatal(err)
	}
	testwait.For(t, "Postgres to end the session", func() bool {
		var there bool
		if err := db.NewRaw("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ?)", session).Scan(t.Context(), &there); err != nil {
			t.Fatal(err)
		}
		return !there
	})
	_, err = tx.ExecContext(t.Context(), "SELECT 1")
	if !errs.Is(database.Error(err, "go on"), errs.Unavailable) {
		t.Errorf("got %v, want an Unavailable error", err)
	}
}

// TestReadOnly covers a standby, which clients may reach after a failover, and
// a server that a provider made read-only because its disk is full. Once the
// database accepts writes again, older connections do so too.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t, "postgres")
	admin := testdb.Open(t, url)
	var name string
	if err := admin.NewRaw("SELECT current_database()").Scan(t.Context(), &name); err != nil {
		t.Fatal(err)
	}
	alter := func(how string) {
		t.Helper()
		if _, err := admin.ExecContext(t.Context(), "ALTER DATABASE "+name+" "+how); err != nil {
			t.Fatal(err)
		}
	}
	if err := admin.Check(t.Context()); err != nil {
		t.Errorf("check: %v", err)
	}
	alter("SET default_transaction_read_only = on")
	db := testdb.Open(t, url)
	write := func() error {
		_, err := db.ExecContext(t.Context(), "DELETE FROM workers")
		return database.Error(err, "delete")
	}
	if err := write(); !errs.Is(err, errs.Unavailable) {
		t.Errorf("got %v, want an Unavailable error", err)
	}
	if err := db.Check(t.Context()); !errors.Is(err, database.ReadOnly) || !errs.Is(err, errs.Unavailable) {
		t.Errorf("check: %v", err)
	}
	alter("RESET default_transaction_read_only")
	testwait.For(t, "the connections that began as read-only to be replaced", func() bool { return write() == nil })

	// A connection that reports the state only by an error is not used again.
	if _, err := admin.ExecContext(t.Context(), "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"); err != nil {
		t.Fatal(err)
	}
	for range 2 * admin.Usage().Max {
		_, _ = admin.ExecContext(t.Context(), "DELETE FROM workers") // one of them fails
	}
	if _, err := admin.ExecContext(t.Context(), "DELETE FROM workers"); err != nil {
		t.Errorf("a read-only connection is used again: %v", err)
	}
}

// TestSessionSettings proves that no setting of the database or of the URL
// changes the form of values.
func TestSessionSettings(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t, "postgres")
	admin := testdb.Open(t, url)
	var name string
	if err := admin.NewRaw("SELECT current_database()").Scan(t.Context(), &name); err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{
		"bytea_output = escape", "datestyle = 'German, DMY'", "intervalstyle = iso_8601", "timezone = 'Asia/Kathmandu'", "client_encoding = LATIN1",
		"standard_conforming_strings = off",
	} {
		if _, err := admin.ExecContext(t.Context(), fmt.Sprintf("ALTER DATABASE %s SET %s", name, setting)); err != nil {
			t.Fatal(err)
		}
	}
	separator := config.DatabaseURL("?")
	if strings.Contains(url.Reveal(), "?") {
		separator = "&"
	}
	db := testdb.Open(t, url+separator+"DateStyle=SQL&bytea_output=escape")
	var raw []byte
	var text, zone string
	if err := db.QueryRowContext(t.Context(), `SELECT '\x00ff5c'::bytea, '2026-01-31 12:00:00+00'::timestamptz::text || ' ' || '1 day'::interval, current_setting('timezone')`).
		Scan(&raw, &text, &zone); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(raw, []byte{0, 0xff, '\\'}) || text != "2026-01-31 12:00:00+00 1 day" || zone != "UTC" {
		t.Errorf("got %x, %s, %s", raw, text, zone)
	}
}

// TestOtherEncodingIsRefused checks that the error names the cure.
func TestOtherEncodingIsRefused(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t, "postgres")
	admin := testdb.Open(t, url)
	for _, encoding := range []string{"LATIN1", "SQL_ASCII"} {
		name := "fualab_test_encoding_" + strings.ToLower(encoding) + fmt.Sprint(os.Getpid())
		if _, err := admin.ExecContext(t.Context(), fmt.Sprintf("CREATE DATABASE %s ENCODING '%s' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0", name, encoding)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_, _ = admin.ExecContext(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+" WITH (FORCE)")
		})
		u, err := neturl.Parse(url.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		u.Path = "/" + name
		_, err = database.Open(t.Context(), database.Options{URL: config.DatabaseURL(u.String()), Wait: time.Hour, Log: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), encoding) || !strings.Contains(err.Error(), "createdb -E UTF8") {
			t.Errorf("%s: %v", encoding, err)
		}
	}
}

// openWith opens a Postgres database with a server parameter.
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
			if err := db.NewRaw("SELECT count(*) FROM workers WHERE instance = ? AND lag_ms > ?", "it's a marker", 12345).Scan(t.Context(), &n); err != nil {
				t.Fatal(err)
			}
			line := out.String()
			if !strings.Contains(line, "instance = ? AND lag_ms > ?") || strings.Contains(line, "marker") || strings.Contains(line, "12345") {
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
