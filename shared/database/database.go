// Package database opens FUALab's database, Postgres or SQLite, behind one
// bun.DB, and turns what the drivers report into errs kinds in one place.
package database

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
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
	AppName   string        // shown in pg_stat_activity
	MaxConns  int           // 0 derives it from the machine's cores
	Wait      time.Duration // how long to wait for a database that is not reachable yet
	SlowQuery time.Duration // log queries that take longer; 0 logs none
	Traced    bool          // make a span of each query that belongs to a trace
	Log       *slog.Logger
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	*bun.DB
	// Pool is the pgx pool beneath DB on Postgres, nil on SQLite.
	Pool     *pgxpool.Pool
	prepared pgx.QueryExecMode
	file     string // of SQLite
}

// IsPostgres reports the dialect; the other one is SQLite.
func (db *DB) IsPostgres() bool { return db.Dialect().Name() == dialect.PG }

// DialectName returns "postgres" or "sqlite".
func (db *DB) DialectName() string {
	if db.IsPostgres() {
		return "postgres"
	}
	return "sqlite"
}

// Close closes every connection, after the queries that hold one.
func (db *DB) Close() error {
	err := db.DB.Close()
	if db.Pool != nil {
		db.Pool.Close()
	}
	return err
}

// Open connects and proves that the database answers. A database that is not
// reachable is tried again for o.Wait. The error names FUALAB_DATABASE_URL,
// the cause and the cure, and holds no password; it is ctx's own when ctx has
// ended.
func Open(ctx context.Context, o Options) (*DB, error) {
	open := openPostgres
	if strings.HasPrefix(o.URL.Reveal(), "sqlite:") {
		open = openSQLite
	}
	db, err := open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("FUALAB_DATABASE_URL: %w", err)
	}
	if o.SlowQuery > 0 && !db.IsPostgres() {
		db.DB = db.WithQueryHook(&slowLog{threshold: o.SlowQuery, log: o.Log})
	}
	if o.Traced && !db.IsPostgres() {
		db.DB = db.WithQueryHook(spans{"sqlite"})
	}
	if err := awaitAnswer(ctx, db, o); err != nil {
		if ctx.Err() != nil {
			return nil, errors.Join(ctx.Err(), db.Close())
		}
		return nil, errors.Join(fmt.Errorf("FUALAB_DATABASE_URL: %w", diagnose(o.URL, err)), db.Close())
	}
	return db, nil
}

// awaitAnswer pings until the database answers, refuses for good, or o.Wait
// has passed.
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

// maxConns is the pool's bound: enough to keep the cores of this process
// busy while queries wait, few enough for many processes on one server.
func maxConns(configured int) int {
	if configured > 0 {
		return min(configured, 1000)
	}
	return min(max(8, 4*runtime.GOMAXPROCS(0)), 1000)
}

// OpenConfigured opens the database of a service's settings. app names the
// service's connections.
func OpenConfigured(ctx context.Context, cfg config.Common, app string, log *slog.Logger) (*DB, error) {
	return Open(ctx, Options{
		URL:       cfg.DatabaseURL,
		AppName:   app,
		MaxConns:  cfg.DatabaseMaxConns,
		Wait:      cfg.DatabaseWait.Duration(),
		SlowQuery: time.Duration(cfg.SlowQueryMS) * time.Millisecond,
		Traced:    cfg.OTLP.Traces.On(),
		Log:       log,
	})
}
