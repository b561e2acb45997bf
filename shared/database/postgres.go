package database

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/fualab/fualab/shared/config"
)

// postgresDefaults are time limits for queries of callers without limits. A
// parameter of the same name in the URL overrides them.
var postgresDefaults = map[string]string{
	"statement_timeout":                   "30000", // ms
	"idle_in_transaction_session_timeout": "60000", // ms
}

// postgresForms fixes the text forms of values. They override the settings of
// the server, the database, the role and the URL. A connection sends them in
// its startup message.
var postgresForms = map[string]string{
	"timezone":                    "UTC",
	"datestyle":                   "ISO",
	"client_encoding":             "UTF8",
	"standard_conforming_strings": "on",
}

// postgresOutputs fixes further forms. A statement sets them and
// postgresDefaults, because PgBouncer refuses these parameters in a startup
// message.
var postgresOutputs = map[string]string{
	"intervalstyle": "postgres",
	"bytea_output":  "hex",
}

// settings returns the first statements of a new connection. They set the
// defaults that the URL lacks, and the fixed forms.
func settings(cfg *pgx.ConnConfig) string {
	session := maps.Clone(postgresOutputs)
	for key, value := range postgresDefaults {
		if _, set := cfg.RuntimeParams[key]; !set {
			session[key] = value
		}
	}
	maps.DeleteFunc(cfg.RuntimeParams, func(key, _ string) bool {
		_, form := postgresForms[strings.ToLower(key)]
		_, output := postgresOutputs[strings.ToLower(key)]
		return form || output
	})
	maps.Copy(cfg.RuntimeParams, postgresForms)
	var statements strings.Builder
	for _, key := range slices.Sorted(maps.Keys(session)) {
		fmt.Fprintf(&statements, "SET %s = '%s';", key, session[key])
	}
	return statements.String()
}

func openPostgres(ctx context.Context, o Options) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(o.URL.Reveal())
	if err != nil {
		// The library's message repeats the URL.
		return nil, errors.New(config.DatabaseURLExpected)
	}
	trust(cfg.ConnConfig, o.CA)
	session := settings(cfg.ConnConfig)
	if _, set := cfg.ConnConfig.RuntimeParams["application_name"]; !set {
		cfg.ConnConfig.RuntimeParams["application_name"] = o.AppName
	}
	prepared := cfg.ConnConfig.DefaultQueryExecMode // pgx's own default, or the URL's value
	// bun writes the arguments into the statement. So a prepared statement
	// would be used once and only fill the cache.
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	cfg.ConnConfig.Tracer = tracerOf(o)
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	cfg.MaxConns = int32(maxConns(o.MaxConns)) //nolint:gosec // at most 1000
	cfg.MaxConnIdleTime = 5 * time.Minute
	cfg.MaxConnLifetime = time.Hour
	cfg.MaxConnLifetimeJitter = 5 * time.Minute
	connects := new(atomic.Uint64)
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		connects.Add(1)
		return connected(ctx, conn, session)
	}
	cfg.PrepareConn = prepare
	fatal := cfg.ConnConfig.OnPgError
	cfg.ConnConfig.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		return err.Code != readOnlyTransaction && fatal(conn, err) // false closes the connection
	}

	db, err := openPool(ctx, cfg)
	if err != nil {
		return nil, err
	}
	db.prepared, db.connects, db.session = prepared, connects, session
	return db, nil
}

const (
	// readOnlyTransaction is the SQLSTATE of a write in a read-only
	// transaction. The pool closes such a connection: a new one may reach a
	// writable server, or begin after this server became writable.
	readOnlyTransaction = "25006"
	// readOnlyFor is the longest use of a connection that began as read-only.
	// Such a connection stays read-only when the database becomes writable.
	readOnlyFor = time.Second
)

// openedAt is the key of a connection's creation time.
const openedAt = "fualab: opened at"

// encodingError is the encoding of a database that does not use UTF-8.
type encodingError string

func (e encodingError) Error() string { return "the database has the encoding " + string(e) }

// connected prepares a new connection with the statements of session, or
// refuses the connection.
func connected(ctx context.Context, conn *pgx.Conn, session string) error {
	conn.PgConn().CustomData()[openedAt] = time.Now()
	if encoding := conn.PgConn().ParameterStatus("server_encoding"); encoding != "UTF8" && encoding != "" {
		return encodingError(encoding)
	}
	if _, err := conn.PgConn().Exec(ctx, session).ReadAll(); err != nil {
		return err
	}
	return nameTypes(ctx, conn)
}

// prepare reports whether an idle connection may be used.
func prepare(_ context.Context, conn *pgx.Conn) (bool, error) {
	if conn.PgConn().ParameterStatus("default_transaction_read_only") != "on" {
		return true, nil
	}
	opened, _ := conn.PgConn().CustomData()[openedAt].(time.Time)
	return time.Since(opened) < readOnlyFor, nil
}

// trust makes cfg check each host's certificate against the authorities in the
// PEM text ca, where it checks certificates at all.
func trust(cfg *pgx.ConnConfig, ca string) {
	if ca == "" {
		return
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(ca)) // the configuration has validated ca, and an empty pool trusts no certificate
	all := []*tls.Config{cfg.TLSConfig}
	for _, fallback := range cfg.Fallbacks {
		all = append(all, fallback.TLSConfig)
	}
	for _, one := range all {
		if one != nil {
			one.RootCAs = pool
		}
	}
}

// tracerOf returns the observer of queries, or nil for none.
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

// Patient opens a second pool to the Postgres of db. It has one connection
// without a statement timeout, for migrations. lock runs first on that
// connection, and on any connection that replaces it. The caller closes the
// pool.
func (db *DB) Patient(ctx context.Context, lock func(ctx context.Context, conn *pgx.Conn) error) (*DB, error) {
	if db.Pool == nil {
		return nil, errors.New("open a second pool: not a Postgres database")
	}
	cfg := db.Pool.Config() // a copy
	session := db.session + "SET statement_timeout = 0"
	cfg.ConnConfig.Tracer = nil // no slow-query log for migrations
	cfg.MaxConns, cfg.MinConns = 1, 0
	cfg.MaxConnIdleTime, cfg.MaxConnLifetime = 24*time.Hour, 24*time.Hour
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if err := connected(ctx, conn, session); err != nil {
			return err
		}
		return lock(ctx, conn)
	}
	return openPool(ctx, cfg)
}

func openPool(ctx context.Context, cfg *pgxpool.Config) (*DB, error) {
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	sqldb := sql.OpenDB(onceConnector{stdlib.GetPoolConnector(pool)})
	sqldb.SetMaxIdleConns(0) // the pgx pool keeps idle connections
	sqldb.SetMaxOpenConns(int(cfg.MaxConns))
	return &DB{DB: bun.NewDB(sqldb, pgdialect.New()), Pool: pool}, nil
}
