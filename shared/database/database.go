// Package database opens FUALab's database, Postgres or SQLite, behind one
// bun.DB. It is the only place that maps the drivers' errors to errs kinds.
package database

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/errs"
)

// Options configures Open.
type Options struct {
	URL       config.DatabaseURL
	CA        string        // PEM of the authorities of Postgres' certificate; "" for those of the URL or the system
	AppName   string        // shown in pg_stat_activity
	MaxConns  int           // 0 for a number from the machine's cores
	Wait      time.Duration // the wait for an unreachable database
	SlowQuery time.Duration // the duration from which queries are logged; 0 logs none
	Traced    bool          // make a span for each query of a trace
	Log       *slog.Logger
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	*bun.DB
	// Pool is the pgx pool beneath DB on Postgres, nil on SQLite.
	Pool     *pgxpool.Pool
	options  Options
	prepared pgx.QueryExecMode
	connects *atomic.Uint64 // connections made to Postgres
	session  string         // the first statements of a connection to Postgres
	file     string         // the path of SQLite's file
	opened   os.FileInfo    // the identity of file, once it is open
}

// Unfit is the reason why a database answers but is unusable. It is the rest of
// a sentence in /ready with the database as its subject.
type Unfit string

func (u Unfit) Error() string { return "the database " + string(u) }

// The reasons.
const (
	ReadOnly Unfit = "refuses writes: it is a standby, or its provider made it read-only because the disk is full; promote it, or free disk space"
	FileGone Unfit = "was moved or deleted while its file was open: put the file back, or restart the service to use the present file"
)

// Check proves that the database answers and is usable. It returns an
// errs.Unavailable error if the database is read-only, or if SQLite's file is
// no longer at its path. The error's cause is then an Unfit.
func (db *DB) Check(ctx context.Context) error {
	const attempt = "check the database"
	if !db.IsPostgres() {
		if err := db.checkFile(); err != nil {
			return Error(err, attempt)
		}
		_, err := db.ExecContext(ctx, "SELECT 1")
		return Error(err, attempt)
	}
	var readOnly bool
	err := db.NewRaw("SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean").Scan(ctx, &readOnly)
	if err == nil && readOnly {
		err = ReadOnly
	}
	return Error(err, attempt)
}

// IsPostgres reports the dialect; the other one is SQLite.
func (db *DB) IsPostgres() bool { return db.Dialect().Name() == dialect.PG }

// SkipLocked ends a SELECT of rows that the transaction changes. It skips rows
// that another transaction holds, so that no writer waits for another. It is
// empty for SQLite, which has one writer at a time.
func (db *DB) SkipLocked() bun.Safe {
	if db.IsPostgres() {
		return "FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// DialectName returns "postgres" or "sqlite".
func (db *DB) DialectName() string {
	if db.IsPostgres() {
		return "postgres"
	}
	return "sqlite"
}

// Close closes all connections. It waits for running queries.
func (db *DB) Close() error {
	err := db.DB.Close()
	if db.Pool != nil {
		db.Pool.Close()
	}
	return err
}

// Open connects and proves that the database answers. It retries an unreachable
// database for o.Wait. The error names FUALAB_DATABASE_URL, the cause and the
// cure, and has no password. If ctx ends, Open returns the error of ctx.
func Open(ctx context.Context, o Options) (*DB, error) {
	db, err := openOnly(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := awaitAnswer(ctx, db, o); err != nil {
		if ctx.Err() != nil {
			return nil, errors.Join(ctx.Err(), db.Close())
		}
		return nil, errors.Join(fmt.Errorf("FUALAB_DATABASE_URL: %w", diagnose(o.URL, err)), db.Close())
	}
	if db.file != "" {
		if db.opened, err = os.Stat(db.file); err != nil {
			return nil, errors.Join(fmt.Errorf("FUALAB_DATABASE_URL: %w", err), db.Close())
		}
	}
	return db, nil
}

// openOnly opens the database without making a connection.
func openOnly(ctx context.Context, o Options) (*DB, error) {
	open := openPostgres
	if strings.HasPrefix(o.URL.Reveal(), "sqlite:") {
		open = openSQLite
	}
	db, err := open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("FUALAB_DATABASE_URL: %w", err)
	}
	db.options = o
	if o.SlowQuery > 0 && !db.IsPostgres() {
		db.DB = db.WithQueryHook(&slowLog{threshold: o.SlowQuery, log: o.Log})
	}
	if o.Traced && !db.IsPostgres() {
		db.DB = db.WithQueryHook(spans{"sqlite"})
	}
	return db, nil
}

// Reserve opens another pool of conns connections to the same database, for
// work that must not wait while all connections of db are busy. Each connection
// opens at its first use. The caller closes the result.
func (db *DB) Reserve(ctx context.Context, conns int) (*DB, error) {
	o := db.options
	o.MaxConns = conns
	reserved, err := openOnly(ctx, o)
	if err != nil {
		return nil, err
	}
	reserved.opened = db.opened
	return reserved, nil
}

// awaitAnswer pings the database until it answers, until it refuses
// permanently, or until o.Wait is over.
func awaitAnswer(ctx context.Context, db *DB, o Options) error {
	const pause = 250 * time.Millisecond
	deadline := time.Now().Add(o.Wait)
	for attempt := 0; ; attempt++ {
		err := ping(ctx, db.DB)
		if err == nil || ctx.Err() != nil || !errs.Is(Error(err, "connect"), errs.Unavailable) || time.Now().After(deadline) {
			return err
		}
		if attempt == 0 {
			o.Log.WarnContext(ctx, "waiting for the database", "at", o.URL, "for_seconds", o.Wait.Seconds(), "cause", diagnose(o.URL, err).Error())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func ping(ctx context.Context, db *bun.DB) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return db.PingContext(ctx)
}

// maxConns is the size of the pool. It keeps the cores of this process busy
// while queries wait, and leaves connections for many processes on one server.
func maxConns(configured int) int {
	if configured > 0 {
		return min(configured, 1000)
	}
	return min(max(8, 4*runtime.GOMAXPROCS(0)), 1000)
}

// OpenConfigured opens the database of a service's settings. app is the name of
// the service's connections.
func OpenConfigured(ctx context.Context, cfg config.Common, app string, log *slog.Logger) (*DB, error) {
	return Open(ctx, Options{
		URL:       cfg.DatabaseURL,
		CA:        cfg.DatabaseCA,
		AppName:   app,
		MaxConns:  cfg.DatabaseMaxConns,
		Wait:      cfg.DatabaseWait.Duration(),
		SlowQuery: time.Duration(cfg.SlowQueryMS) * time.Millisecond,
		Traced:    cfg.OTLP.Traces.On(),
		Log:       log,
	})
}

// Now returns the database's time. For SQLite, it is the machine's time.
func (db *DB) Now(ctx context.Context) (now time.Time, err error) {
	if !db.IsPostgres() {
		return time.Now(), nil
	}
	err = db.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&now)
	return now, Error(err, "ask the database for the time")
}
