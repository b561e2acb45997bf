package database

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/fualab/fualab/shared/config"
)

// Bounds that a query cannot exceed, whatever its caller forgot. A parameter
// of the same name in the URL wins.
var postgresDefaults = map[string]string{
	"statement_timeout":                   "30000", // ms
	"idle_in_transaction_session_timeout": "60000", // ms
	"timezone":                            "UTC",
}

func openPostgres(ctx context.Context, o Options) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(o.URL.Reveal())
	if err != nil {
		// The library's message repeats the URL.
		return nil, errors.New(config.DatabaseURLExpected)
	}
	for key, value := range postgresDefaults {
		if _, set := cfg.ConnConfig.RuntimeParams[key]; !set {
			cfg.ConnConfig.RuntimeParams[key] = value
		}
	}
	if _, set := cfg.ConnConfig.RuntimeParams["application_name"]; !set {
		cfg.ConnConfig.RuntimeParams["application_name"] = o.AppName
	}
	prepared := cfg.ConnConfig.DefaultQueryExecMode // pgx's own default, or what the URL says
	// bun writes the arguments into the statement, so a prepared statement
	// would be used once and only fill the cache.
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	cfg.ConnConfig.Tracer = tracerOf(o)
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	cfg.MaxConns = int32(maxConns(o.MaxConns)) //nolint:gosec // at most 1000
	cfg.MaxConnIdleTime = 5 * time.Minute
	cfg.MaxConnLifetime = time.Hour
	cfg.MaxConnLifetimeJitter = 5 * time.Minute
	cfg.AfterConnect = nameTypes

	db, err := openPool(ctx, cfg)
	if err != nil {
		return nil, err
	}
	db.prepared = prepared
	return db, nil
}

// tracerOf returns what is told of each query, nil for nobody.
func tracerOf(o Options) pgx.QueryTracer {
	var all []pgx.QueryTracer
	if o.SlowQuery > 0 {
		all = append(all, &slowLog{threshold: o.SlowQuery, log: o.Log})
	}
	if o.Traced {
		all = append(all, spans{"postgresql"})
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	default:
		return multitracer.New(all...)
	}
}

// Patient opens a second pool to the Postgres of db, of one connection, in which
// a statement may take as long as it needs: for migrations. prepare runs first
// on that connection, and on any that replaces it. The caller closes the pool.
func (db *DB) Patient(ctx context.Context, prepare func(ctx context.Context, conn *pgx.Conn) error) (*DB, error) {
	if db.Pool == nil {
		return nil, errors.New("open a second pool: not a Postgres database")
	}
	cfg := db.Pool.Config() // a copy
	cfg.ConnConfig.RuntimeParams["statement_timeout"] = "0"
	cfg.ConnConfig.Tracer = nil // nor is it slow
	cfg.MaxConns, cfg.MinConns = 1, 0
	cfg.MaxConnIdleTime, cfg.MaxConnLifetime = 24*time.Hour, 24*time.Hour
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if err := nameTypes(ctx, conn); err != nil {
			return err
		}
		return prepare(ctx, conn)
	}
	return openPool(ctx, cfg)
}

func openPool(ctx context.Context, cfg *pgxpool.Config) (*DB, error) {
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	sqldb := sql.OpenDB(onceConnector{stdlib.GetPoolConnector(pool)})
	sqldb.SetMaxIdleConns(0) // the pool keeps those
	sqldb.SetMaxOpenConns(int(cfg.MaxConns))
	return &DB{DB: bun.NewDB(sqldb, pgdialect.New()), Pool: pool}, nil
}
