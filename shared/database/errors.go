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
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/fualab/fualab/shared/errs"
)

// Error wraps err with the attempted action ("select run 7"). It classifies err
// as a client's mistake, as temporary, or as internal. It returns nil for nil.
// It does not change a cancelled context or an *errs.Error.
func Error(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	attempt := fmt.Errorf(format+": %w", append(args, err)...)
	var known *errs.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return attempt
	}
	switch kind := kindOf(err); kind {
	case errs.NotFound:
		return errs.Wrap(kind, "There is no such record.", attempt)
	case errs.Conflict:
		return errs.Wrap(kind, "The record conflicts with one that exists.", attempt)
	case errs.Invalid:
		return errs.Wrap(kind, "The database refused the values: they break a rule of the schema.", attempt)
	case errs.Unavailable:
		return errs.Wrap(kind, "The database is not available at the moment. Retry later.", attempt)
	default:
		return attempt
	}
}

func kindOf(err error) errs.Kind {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	var network net.Error
	var unfit Unfit
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return errs.NotFound
	case errors.As(err, &unfit):
		return errs.Unavailable
	case errors.As(err, &pg):
		return postgresKind(pg.Code)
	case errors.As(err, &lite):
		return sqliteKind(lite.Code())
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, driver.ErrBadConn), errors.Is(err, errLost),
		errors.Is(err, sql.ErrConnDone), errors.As(err, &network), pgconn.SafeToRetry(err),
		errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errs.Unavailable
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return errs.Unavailable
	}
	return errs.Internal
}

// postgresKind maps a SQLSTATE (PostgreSQL documentation, appendix A).
func postgresKind(code string) errs.Kind {
	switch code {
	case "23505", "23P01": // unique_violation, exclusion_violation
		return errs.Conflict
	case "23502", "23503", "23514": // not_null, foreign_key, check
		return errs.Invalid
	case "40001", "40P01", "55P03", "57014": // serialization, deadlock, lock or statement timeout
		return errs.Unavailable
	case "25P03", "25P04": // a transaction was idle or busy for too long, for instance after a jump of the clock
		return errs.Unavailable
	case "25006": // read-only: a standby, or a full disk at some providers
		return errs.Unavailable
	case "28000", "28P01", "3D000": // authorization, password, no such database
		return errs.Internal
	}
	switch code[:min(2, len(code))] {
	case "22": // data exception: too long, not representable, NUL
		return errs.Invalid
	case "08", "53", "57": // connection, resources, operator intervention
		return errs.Unavailable
	}
	return errs.Internal
}

// sqliteKind maps an extended result code (sqlite.org/rescode.html).
func sqliteKind(code int) errs.Kind {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return errs.Conflict
	}
	switch code & 0xff {
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG:
		return errs.Invalid
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_INTERRUPT:
		return errs.Unavailable
	}
	return errs.Internal
}

// cause removes the path, because the caller's message already names it.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
