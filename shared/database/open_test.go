package database_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
)

// slow is a query that takes SQLite and Postgres tens of milliseconds.
const slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT count(*) FROM n"

func each(t *testing.T, test func(t *testing.T, url config.DatabaseURL)) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			test(t, testdb.NewURL(t, dialect))
		})
	}
}

// TestOpenConfigured proves that the settings of a service reach its database.
func TestOpenConfigured(t *testing.T) {
	each(t, func(t *testing.T, url config.DatabaseURL) {
		for milliseconds, logged := range map[int]bool{0: false, 1: true, 60_000: false} {
			var out bytes.Buffer
			db, err := database.OpenConfigured(t.Context(), config.Common{
				DatabaseURL: url, DatabaseMaxConns: 3, SlowQueryMS: milliseconds,
			}, "test-app", slog.New(slog.NewTextHandler(&out, nil)))
			if err != nil {
				t.Fatal(err)
			}
			if err := db.NewRaw(slow).Scan(t.Context(), new(int)); err != nil {
				t.Error(err)
			}
			if got := strings.Contains(out.String(), "slow query"); got != logged {
				t.Errorf("slow from %d ms on: logged %t, want %t: %s", milliseconds, got, logged, &out)
			}
			if n := db.Usage().Max; n != 3 {
				t.Errorf("at most %d connections, want 3", n)
			}
			if db.IsPostgres() {
				var app string
				if err := db.NewRaw("SHOW application_name").Scan(t.Context(), &app); err != nil || app != "test-app" {
					t.Errorf("the connections are called %s, %v", app, err)
				}
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			if err := db.PingContext(t.Context()); err == nil {
				t.Error("it answers after Close")
			}
			if db.Pool != nil && db.Pool.Ping(t.Context()) == nil {
				t.Error("its pool answers after Close")
			}
		}
	})
}

// TestTracedStatements proves that a statement becomes a child span of its
// context's span, and that it makes no span without one.
func TestTracedStatements(t *testing.T) {
	each(t, func(t *testing.T, url config.DatabaseURL) {
		recorded := tracetest.NewSpanRecorder()
		tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorded)).Tracer("test")
		for _, traced := range []bool{true, false} {
			db, err := database.Open(t.Context(), database.Options{URL: url, Traced: traced, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			ctx, above := tracer.Start(t.Context(), "above")
			_, err = db.ExecContext(ctx, "select 1")
			_, fault := db.ExecContext(ctx, "select nonsense")
			_, outside := db.ExecContext(t.Context(), "select 2")
			if err := errors.Join(err, outside, db.Close()); err != nil || fault == nil {
				t.Error(err, fault)
			}
			above.End()
			var got []string
			for _, span := range recorded.Ended() {
				if span.Name() == "above" {
					continue
				}
				system := "sqlite"
				if db.IsPostgres() {
					system = "postgresql"
				}
				if n := span.Attributes(); len(n) != 2 || n[0].Value.AsString() != system || span.Parent().SpanID() != above.SpanContext().SpanID() {
					t.Errorf("the span has %v", n)
				}
				got = append(got, span.Name()+" "+span.Attributes()[1].Value.AsString()+" "+span.Status().Code.String())
			}
			want := ""
			if traced {
				want = "SELECT select ? Unset, SELECT select nonsense Error"
			}
			if got := strings.Join(got, ", "); got != want {
				t.Errorf("traced %t: spans %q, want %q", traced, got, want)
			}
			recorded.Reset()
		}
	})
}

func TestUsage(t *testing.T) {
	each(t, func(t *testing.T, url config.DatabaseURL) {
		db, err := database.Open(t.Context(), database.Options{URL: url, MaxConns: 1, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		if u := db.Usage(); u.Used != 0 || u.Idle != 1 || u.Max != 1 || u.Waits < 0 || u.Waits > 1 {
			t.Errorf("at rest: %+v", u)
		}
		before := db.Usage()
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if u := db.Usage(); u.Used != 1 || u.Idle != 0 {
			t.Errorf("in a transaction: %+v", u)
		}
		begun, waited := time.Now(), make(chan error, 1)
		go func() {
			_, err := db.ExecContext(t.Context(), "SELECT 1")
			waited <- err
		}()
		testwait.For(t, "a statement waits for the only connection", func() bool { return db.Usage().Waits == before.Waits+1 })
		select {
		case err := <-waited:
			t.Errorf("there was another connection: %v", err)
		default:
		}
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
		if err := testwait.Receive(t, "the statement's end", waited); err != nil {
			t.Error(err)
		}
		if u := db.Usage(); u.Waits != before.Waits+1 || u.Waited <= before.Waited || u.Waited-before.Waited > time.Since(begun) {
			t.Errorf("after a wait: %+v, before: %+v", u, before)
		}
	})
}

func TestDialectName(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			if db := testdb.New(t, dialect); db.DialectName() != dialect || db.IsPostgres() != (dialect == "postgres") {
				t.Errorf("%s is %s", dialect, db.DialectName())
			}
		})
	}
}

func TestDisk(t *testing.T) {
	each(t, func(t *testing.T, url config.DatabaseURL) {
		db := testdb.Open(t, url)
		free, size, known := db.Disk()
		if known == db.IsPostgres() || known != (size > 0) || free > size {
			t.Errorf("free %d of %d, known %t", free, size, known)
		}
		if _, here, known := database.DiskAt("."); !known || here < 1<<20 {
			t.Errorf("the disk of this test has %d bytes, known %t", here, known)
		}
		if _, _, known := database.DiskAt(filepath.Join(t.TempDir(), "missing")); known {
			t.Error("a directory that is not there has a disk")
		}
	})
}

// TestSQLitePragmas proves that all connections have the options, not only the
// first one.
func TestSQLitePragmas(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, "sqlite")
	for range 2 {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		for pragma, want := range map[string]string{"busy_timeout": "5000", "journal_mode": "wal", "synchronous": "1", "foreign_keys": "1"} {
			var got string
			if err := conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s is %s, %v; want %s", pragma, got, err, want)
			}
		}
	}
}

func TestSQLiteURLThatIsNone(t *testing.T) {
	t.Parallel()
	for _, url := range []config.DatabaseURL{"sqlite:///:memory:", "sqlite:///x.db?_pragma=x", "sqlite:////tmp", "sqlite://host/x.db", "sqlite:///", "sqlite:", "postgres:///x.db", "sqlite:///%"} {
		if path, err := database.SQLitePath(url); err == nil {
			t.Errorf("%s has the path %s", url, path)
		}
	}
}

// TestOpenRefusesWhatWillNotWork checks that Open fails at once, with the
// setting and the cause.
func TestOpenRefusesWhatWillNotWork(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "folder.db")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[config.DatabaseURL]string{
		database.SQLiteURL(filepath.Join(file, "below", "x.db")): "cannot make the directory",
		database.SQLiteURL(folder):                               "a directory",
		"sqlite:///:memory:":                                     "not :memory:",
		"sqlite:///x.db?mode=ro":                                 "without parameters",
		"sqlite:///":                                             config.DatabaseURLExpected,
		"postgres://u:s3cr3t@host:port/d":                        config.DatabaseURLExpected,
	} {
		_, err := database.Open(t.Context(), database.Options{URL: url, Wait: time.Hour, Log: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "FUALAB_DATABASE_URL: ") || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: got %v, want %s", url, err, want)
		}
	}
}

// TestSQLiteFilesArePrivate proves that no other user may read the database or
// its companion files, even if the database existed before.
func TestSQLiteFilesArePrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	write := func(db *database.DB) {
		if _, err := db.ExecContext(t.Context(), "CREATE TABLE IF NOT EXISTS t (id integer)"); err != nil {
			t.Fatal(err)
		}
		for _, suffix := range []string{"", "-wal", "-shm"} {
			info, err := os.Stat(path + suffix)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("x.db%s: %v, %v", suffix, info.Mode(), err)
			}
		}
	}
	write(testdb.Open(t, database.SQLiteURL(path)))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Chmod(path+suffix, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(testdb.Open(t, database.SQLiteURL(path)))
}

// TestUnwritableFileIsRefusedAtStart checks that the error names the file and
// the cure. If this process may write any file, another process tries instead.
func TestUnwritableFileIsRefusedAtStart(t *testing.T) {
	const variable = "FUALAB_TEST_UNWRITABLE"
	path := os.Getenv(variable)
	if path != "" {
		_, err := database.Open(t.Context(), database.Options{URL: database.SQLiteURL(path), Log: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), "cannot write the file "+path+" (permission denied): give this user write access") {
			t.Errorf("got %v", err)
		}
		return
	}
	t.Parallel()
	dir, err := os.MkdirTemp("", "fualab-test-") // each user may enter it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path = filepath.Join(dir, "x.db")
	if err := errors.Join(os.WriteFile(path, nil, 0o400), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "program"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "program"), "-test.run=^"+t.Name()+"$")
	cmd.Env, cmd.Dir = append(os.Environ(), variable+"="+path), dir
	if os.Geteuid() == 0 {
		const nobody = 65534
		if err := os.Chmod(path, 0o444); err != nil {
			t.Fatal(err)
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// TestCheckNoticesThatTheFileIsGone moves, deletes and replaces the file, and
// puts it back.
func TestCheckNoticesThatTheFileIsGone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	db := testdb.Open(t, database.SQLiteURL(path))
	check := func(when string, want error) {
		t.Helper()
		err := db.Check(t.Context())
		if !errors.Is(err, want) || want != nil && !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s: %v, want %v", when, err, want)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check("at first", nil)
	must(os.Rename(path, path+".moved"))
	check("moved", database.FileGone)
	must(os.WriteFile(path, nil, 0o600))
	check("replaced", database.FileGone)
	must(os.Rename(path+".moved", path))
	check("back", nil)
	must(os.Remove(path))
	check("deleted", database.FileGone)
}

// TestOpenLeavesNothingInTheDirectory checks that the database is the only file
// there.
func TestOpenLeavesNothingInTheDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	testdb.Open(t, database.SQLiteURL(filepath.Join(dir, "x.db")))
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), "x.db") {
			t.Errorf("left %s", entry.Name())
		}
	}
}

func TestOpenDoesNotWaitForAMissingDatabase(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t, "postgres")
	missing := config.DatabaseURL(strings.Replace(url.Reveal(), "/fualab_test_", "/fualab_missing_", 1))
	begin := time.Now()
	_, err := database.Open(t.Context(), database.Options{URL: missing, Wait: time.Hour, Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "has no database") || time.Since(begin) > time.Minute {
		t.Errorf("after %s: %v", time.Since(begin), err)
	}
}

// TestOpenEndsWithItsContext proves that Open stops waiting and returns the
// context's error.
func TestOpenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	log := slog.New(slog.NewTextHandler(writer(func(line []byte) {
		if bytes.Contains(line, []byte("waiting for the database")) {
			cancel()
		}
	}), nil))
	begin := time.Now()
	_, err := database.Open(ctx, database.Options{URL: "postgres://u:p@127.0.0.1:1/d", Wait: time.Hour, Log: log})
	if !errors.Is(err, context.Canceled) || time.Since(begin) > time.Minute {
		t.Errorf("after %s: %v", time.Since(begin), err)
	}
}

type writer func(line []byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

// TestPostgresBounds proves that a connection has the default bounds, and that
// a parameter in the URL overrides them.
func TestPostgresBounds(t *testing.T) {
	t.Parallel()
	show := func(db *database.DB, parameter, want string) {
		t.Helper()
		var got string
		if err := db.NewRaw("SHOW "+parameter).Scan(t.Context(), &got); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", parameter, got, err, want)
		}
	}
	db := testdb.New(t, "postgres")
	show(db, "statement_timeout", "30s")
	show(db, "idle_in_transaction_session_timeout", "1min")
	show(db, "timezone", "UTC")
	show(openWith(t, "statement_timeout=100"), "statement_timeout", "100ms")
	show(openWith(t, "application_name=own"), "application_name", "own")
}

// TestPatientPool proves that the pool has one prepared connection, without a
// time limit.
func TestPatientPool(t *testing.T) {
	t.Parallel()
	prepared := 0
	prepare := func(ctx context.Context, conn *pgx.Conn) error {
		prepared++
		_, err := conn.Exec(ctx, "SET application_name = 'prepared'")
		return err
	}
	db, err := testdb.New(t, "postgres").Patient(t.Context(), prepare)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for parameter, want := range map[string]string{"statement_timeout": "0", "application_name": "prepared"} {
		var got string
		if err := db.NewRaw("SHOW "+parameter).Scan(t.Context(), &got); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", parameter, got, err, want)
		}
	}
	if prepared != 1 || db.Usage().Max != 1 {
		t.Errorf("prepared %d connections of at most %d, want 1 of 1", prepared, db.Usage().Max)
	}
	refuse := errors.New("refused")
	db, err = testdb.New(t, "postgres").Patient(t.Context(), func(context.Context, *pgx.Conn) error { return refuse })
	if err == nil {
		err = errors.Join(db.PingContext(t.Context()), db.Close())
	}
	if !errors.Is(err, refuse) {
		t.Errorf("got %v, want the error of prepare", err)
	}
	if _, err := testdb.New(t, "sqlite").Patient(t.Context(), prepare); err == nil {
		t.Error("SQLite has a second pool")
	}
}

// TestPreparedMode proves that the mode is the URL's, or pgx's default.
func TestPreparedMode(t *testing.T) {
	t.Parallel()
	for parameter, want := range map[string]pgx.QueryExecMode{
		"connect_timeout=7":            pgx.QueryExecModeCacheStatement,
		"default_query_exec_mode=exec": pgx.QueryExecModeExec,
	} {
		db := openWith(t, parameter)
		if got := db.Prepared(); got != want {
			t.Errorf("%s: %s, want %s", parameter, got, want)
		}
		var n int64
		var at sql.NullTime
		if err := db.DB.DB.QueryRowContext(t.Context(), "SELECT $1::bigint, $2::timestamptz", db.Prepared(), int64(7), time.Unix(1, 0)).Scan(&n, &at); err != nil || n != 7 || at.Time.Unix() != 1 {
			t.Errorf("%s: %d, %v, %v", parameter, n, at, err)
		}
	}
}
