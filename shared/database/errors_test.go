package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/errs"
)

func TestKindOfAnError(t *testing.T) {
	t.Parallel()
	for kind, all := range map[errs.Kind][]error{
		errs.NotFound: {sql.ErrNoRows},
		errs.Unavailable: {
			context.DeadlineExceeded, driver.ErrBadConn, errLost, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF,
			syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, &net.DNSError{},
			&pgconn.ConnectError{}, // for example, of the host's name
		},
		errs.Internal: {errors.New("any other")},
	} {
		for _, err := range all {
			wrapped := fmt.Errorf("query: %w", err)
			if got := kindOf(wrapped); got != kind {
				t.Errorf("%T %v: %s, want %s", err, err, got, kind)
			}
		}
	}
	own := errs.New(errs.NotFound, "There is no such thing.")
	if err := Error(fmt.Errorf("select: %w", own), "try"); !errors.Is(err, own) || errs.KindOf(err) != errs.NotFound || !strings.HasPrefix(err.Error(), "try: select: ") {
		t.Errorf("an error that has its kind already became %v", err)
	}
}

func TestKindOfASQLState(t *testing.T) {
	t.Parallel()
	for kind, codes := range map[errs.Kind]string{
		errs.Conflict:    "23505 23P01",
		errs.Invalid:     "23502 23503 23514 22001 22P05",
		errs.Unavailable: "40001 40P01 55P03 57014 25P03 25P04 25006 08006 53300 57P01",
		errs.Internal:    "28000 28P01 3D000 42P01 23000 XX000 2",
	} {
		for code := range strings.FieldsSeq(codes) {
			if got := kindOf(&pgconn.PgError{Code: code}); got != kind {
				t.Errorf("%s: %s, want %s", code, got, kind)
			}
		}
	}
}

func TestKindOfASQLiteCode(t *testing.T) {
	t.Parallel()
	for kind, codes := range map[errs.Kind][]int{
		errs.Conflict:    {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID},
		errs.Invalid:     {sqlite3.SQLITE_CONSTRAINT_CHECK, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG},
		errs.Unavailable: {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_INTERRUPT},
		errs.Internal:    {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT},
	} {
		for _, code := range codes {
			if got := sqliteKind(code); got != kind {
				t.Errorf("%d: %s, want %s", code, got, kind)
			}
		}
	}
}

func TestDiagnosisNamesTheCure(t *testing.T) {
	t.Parallel()
	const url = config.DatabaseURL("postgres://me:s3cr3t@host:5432/base")
	state := func(code string) error { return &pgconn.PgError{Code: code, Message: "what it says"} }
	for _, tt := range []struct {
		url  config.DatabaseURL
		err  error
		want string
	}{
		{url, state("28P01"), `refused user "me" (SQLSTATE 28P01)`},
		{url, state("28000"), `refused user "me" (SQLSTATE 28000)`},
		{url, state("3D000"), `has no database "base": create it (createdb base)`},
		{url, state("53300"), "lower FUALAB_DATABASE_MAX_CONNS"},
		{url, state("57P03"), "host:5432 answered SQLSTATE 57P03: what it says"},
		{url, syscall.ECONNREFUSED, "nothing listens at host:5432"},
		{url, &net.DNSError{}, "the host of host:5432 cannot be found"},
		{url, context.DeadlineExceeded, "host:5432 did not answer within 5 s"},
		{url, errors.New("s3cr3t"), "cannot connect to host:5432: check host, port and TLS"},
		{"postgres://me:s3cr3t@host:5432", errors.New("s3cr3t"), "cannot connect to host:5432"},
		{"sqlite:////a/b.db", errors.New("a cause"), "cannot open /a/b.db: a cause"},
		{"postgres://me:s3cr3t%@host", state("28P01"), config.DatabaseURLExpected},
	} {
		if got := diagnose(tt.url, tt.err).Error(); !strings.Contains(got, tt.want) || strings.Contains(got, "s3cr3t") {
			t.Errorf("%v: got %q, want %q in it and no password", tt.err, got, tt.want)
		}
	}
}

func TestStatementOnAnOpenConnectionIsNotSentAgain(t *testing.T) {
	t.Parallel()
	other := errors.New("other")
	for _, tt := range []struct {
		open      bool
		err, want error
	}{
		{true, driver.ErrBadConn, errLost}, {false, driver.ErrBadConn, driver.ErrBadConn},
		{true, other, other}, {true, nil, nil}, {false, nil, nil},
	} {
		if got := once(tt.open, tt.err); !errors.Is(got, tt.want) {
			t.Errorf("open %t, %v: got %v, want %v", tt.open, tt.err, got, tt.want)
		}
	}
	if got := once(true, driver.ErrBadConn); errors.Is(got, driver.ErrBadConn) {
		t.Error("database/sql would send it again")
	}
}

func TestMaxConns(t *testing.T) {
	t.Parallel()
	for configured, want := range map[int]int{1: 1, 7: 7, 1000: 1000, 1001: 1000} {
		if got := maxConns(configured); got != want {
			t.Errorf("configured %d: %d, want %d", configured, got, want)
		}
	}
	if got := maxConns(0); got < 8 || got > 1000 {
		t.Errorf("by the cores: %d, want 8 to 1000", got)
	}
}

func TestCauseLeavesOutThePath(t *testing.T) {
	t.Parallel()
	for _, err := range []error{syscall.EACCES, &fs.PathError{Op: "open", Path: "/secret", Err: syscall.EACCES}} {
		if got := cause(err); got != error(syscall.EACCES) { //nolint:errorlint // the cause itself
			t.Errorf("%v: got %v", err, got)
		}
	}
}
