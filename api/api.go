// Package api is FUALab's public HTTP service. cmd/fualab-api runs it alone,
// ops/local beside the worker in one process.
package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/api/internal/epoch"
	"github.com/fualab/fualab/api/internal/idempotency"
	"github.com/fualab/fualab/api/internal/limit"
	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/api/internal/nudge"
	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/api/migrations"
	"github.com/fualab/fualab/shared/clock"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/schema"
	"github.com/fualab/fualab/shared/version"
)

// Config is the API's configuration.
type Config struct {
	config.Common
	ServiceName    string      `env:"SERVICE_NAME" envDefault:"FUALab API" doc:"name in /health and in the log; the worker's own default is FUALab Worker"`
	Addr           config.Addr `env:"API_ADDR" envDefault:"127.0.0.1:8000" doc:"where the API listens: host:port; :port is every interface, which needs FUALAB_AUTH, port 0 any free one"`
	AdminAddr      config.Addr `env:"API_ADMIN_ADDR" example:"127.0.0.1:9100" doc:"where the API shows operators /metrics (Prometheus) and /debug/pprof/ (in production on loopback alone), to whoever asks: host:port, which only they should reach; empty: nowhere"`
	MigrateOnStart bool        `env:"MIGRATE_ON_START" envDefault:"true" doc:"apply pending migrations before listening; false where a deployment runs \"fualab-api migrate up\" first"`
	// MigrateDatabaseURL is for the command migrate alone; the API never opens it.
	MigrateDatabaseURL config.DatabaseURL `env:"MIGRATE_DATABASE_URL" unset:"FUALAB_DATABASE_URL" example:"postgresql://owner:change-me@localhost:5432/fualab" doc:"the same database by the role that owns its schema, for \"fualab-api migrate\" alone; that gives the role of FUALAB_DATABASE_URL the right to read and write rows, and makes it, so that the services run as a role that can change no table"`
	CacheBytes         int64              `env:"CACHE_BYTES" envDefault:"33554432" doc:"how much memory the API's cache may take, in bytes; 0 turns it off"`

	Auth           config.Switch    `env:"AUTH" unset:"on in production and with FUALAB_OIDC_ISSUER; otherwise off, for which FUALAB_API_ADDR has to be on loopback" example:"on" doc:"whether callers need a token: on or off; production refuses off"`
	OIDCIssuer     config.IssuerURL `env:"OIDC_ISSUER" example:"https://id.example.com" doc:"an OpenID provider whose JSON web tokens are good as well, as its discovery document names it; https, or http near by"`
	OIDCAudience   string           `env:"OIDC_AUDIENCE" example:"https://api.example.com" doc:"what the provider's tokens have to be for: their claim aud"`
	OIDCScopeClaim string           `env:"OIDC_SCOPE_CLAIM" envDefault:"scope" doc:"the claim of the provider's tokens that holds read, write and admin: in a string, separated by spaces, or in a list"`
	Docs           config.Switch    `env:"DOCS" envDefault:"on" doc:"whether everybody gets /docs and /openapi.json: on or off"`

	RateLimit      int             `env:"RATE_LIMIT" envDefault:"1000" doc:"how many requests a second a caller may send for long, by token or else by address; the default is more than any client needs; 0 is no limit, for which production warns"`
	RateBurst      int             `env:"RATE_BURST" envDefault:"0" doc:"how many requests a caller may send at once; 0 is twice FUALAB_RATE_LIMIT"`
	TrustedProxies config.Networks `env:"TRUSTED_PROXIES" example:"10.0.0.0/8" doc:"networks of the proxies before the API, such as 10.0.0.0/8,192.168.1.7: only of them X-Forwarded-For and X-Forwarded-Proto are believed, to tell the address of a client and whether it uses HTTPS"`
	ProductConfig
	CORSOrigins config.Origins `env:"CORS_ORIGINS" example:"https://app.example.com" doc:"origins of other web pages that may call the API from a browser, such as https://app.example.com,http://localhost:3000; none by default"`

	Log *slog.Logger `env:"-"` // required
	// Listener replaces Addr, for a caller that has bound a port already.
	Listener net.Listener `env:"-"`
	// AdminListener replaces AdminAddr likewise.
	AdminListener net.Listener `env:"-"`
}

// Validate checks rules that no type can express.
func (c Config) Validate() []config.Fault {
	faults := append(c.Common.Validate(), config.UnsafeDatabase(c.Env, "FUALAB_MIGRATE_DATABASE_URL", c.MigrateDatabaseURL)...)
	if c.CacheBytes < 0 {
		faults = append(faults, config.Fault{Variable: "FUALAB_CACHE_BYTES", Message: "must not be negative"})
	}
	faults = append(faults, c.productFaults()...)
	if c.RateLimit < 0 || c.RateLimit > maxRate {
		faults = append(faults, config.Fault{Variable: "FUALAB_RATE_LIMIT", Message: "must be from 0 to 1000000"})
	}
	if c.RateBurst < 0 || c.RateBurst > 2*maxRate {
		faults = append(faults, config.Fault{Variable: "FUALAB_RATE_BURST", Message: "must be from 0 to 2000000"})
	}
	return append(faults, c.authFaults()...)
}

// reservedConns are the connections to the database that only readiness,
// authentication and the clock use.
const reservedConns = 2

// maxRate keeps the time between two requests far from 0.
const maxRate = 1_000_000

// Run serves the API until ctx ends, then finishes the requests in flight. It
// returns nil after an orderly stop.
func Run(ctx context.Context, cfg Config) (err error) {
	if err := cfg.checkOpen(); err != nil {
		return err
	}
	if err := checkAddr(ctx, cfg); err != nil {
		return err
	}
	db, err := OpenDatabase(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := prepareSchema(ctx, cfg, db); err != nil {
		return err
	}
	ln, err := listen(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }() // Serve has closed it, unless nothing got so far

	rdb, closeRedis, err := redis.OpenOrWarn(ctx, cfg.RedisURL, "fualab-api", cfg.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeRedis()) }()
	rdb.Use(string(cfg.RedisPrefix))

	if cfg.OTLP.Traces.On() {
		redis.Trace(rdb)
	}

	queue, err := runs.NewInserter(db, cfg.Log)
	if err != nil {
		return err
	}
	nudger := nudge.Start(ctx, rdb, cfg.Log)
	defer nudger.Close()
	publisher := events.Start(ctx, rdb, cfg.Log)
	defer publisher.Close()
	answers := NewCache(cfg.CacheBytes)
	hub := live.Start(ctx, rdb, cfg.Log, answers.Observe)
	defer hub.Close()
	hub.Refuse(publisher.Failing)

	measured, watchers, err := startTelemetry(ctx, cfg, db, rdb, answers, hub)
	if err != nil {
		return err
	}
	defer measured.Close(ctx)

	reserved, err := db.Reserve(ctx, reservedConns)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reserved.Close()) }()
	clk, stopClock := followClock(ctx, reserved, cfg.Log)
	defer stopClock()
	epochs := epoch.New(db, reserved)
	epochs.Epoch(ctx) // before a request needs it
	authenticator := startAuth(ctx, cfg, console.NewTokenStore(reserved, clk.Now), clk.Now)
	var failures *limit.Failures
	if authenticator != nil {
		defer authenticator.Close()
		failures = limit.NewFailures(ctx, rdb, cfg.Log, time.Now)
		defer failures.Close()
	}
	limiter := startLimit(ctx, cfg, rdb)
	if limiter != nil {
		defer limiter.Close()
	}

	var server *httpserver.Server
	handler := NewAPI(Parts{
		REST: rest.Config{
			NoDocs: cfg.Docs == config.Off, Auth: authenticator, Failures: failures, Limit: limiter, Trusted: cfg.TrustedProxies, Origins: cfg.CORSOrigins,
			Keys: idempotency.New(db, clk.Now), Cache: answers, Log: cfg.Log, Watchers: watchers,
		},
		Console: console.Config{
			Service: cfg.ServiceName, DB: db, Reserved: reserved, Queue: queue, Redis: rdb, Live: hub, HeartbeatTTL: cfg.HeartbeatTTL.Duration(), ReadyAge: time.Second,
			Draining: func() bool { return server.Draining() }, Publish: publisher.Publish, Unpublished: publisher.Failing, Now: clk.Now, Log: cfg.Log,
		},
		Product: Product{
			ProductConfig: cfg.ProductConfig, Queue: queue,
			Deps: resource.Deps{DB: db, Epoch: epochs, Now: clk.Now, Cache: answers, Publish: publisher.Publish, Nudge: nudger.Nudge, Log: cfg.Log},
		},
	}).Handler()
	server = httpserver.New(httpserver.Config{
		Handler:         handler,
		Browsers:        browsers(cfg),
		Connections:     httpserver.Connections{Trusted: cfg.TrustedProxies},
		ShutdownDelay:   cfg.ShutdownDelay.Duration(),
		ShutdownTimeout: cfg.ShutdownTimeout.Duration(),
		OnStop:          hub.Stop,
		Noted:           measured.Note,
		Log:             cfg.Log,
	})
	cfg.Log.InfoContext(ctx, "serving", "addr", ln.Addr().String(), "version", version.String(), "database", db.DialectName(), "authentication", authenticator != nil)
	err = server.Serve(ctx, ln)
	cfg.Log.InfoContext(ctx, "stopped", "clean", err == nil)
	return err
}

// followClock returns the database's time, by which all that the API stores is
// dated and expires. stop ends the questions for it.
func followClock(ctx context.Context, db *database.DB, log *slog.Logger) (clk *clock.Clock, stop func()) {
	clk = clock.New(db.Now)
	if err := clk.Sync(ctx); err != nil {
		log.WarnContext(ctx, "the database does not tell the time; until it does, this machine's counts", "error", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // requests go on when ctx has ended
	var following sync.WaitGroup
	following.Go(func() { clk.Follow(ctx, log) })
	return clk, func() {
		cancel()
		following.Wait()
	}
}

// browsers says which pages the API accepts requests from.
func browsers(cfg Config) httpserver.Browsers {
	return httpserver.Browsers{Origins: cfg.CORSOrigins, Hosts: cfg.Hosts, AnyHost: cfg.authOn() && len(cfg.Hosts) == 0, Refuse: rest.RefuseBrowser}
}

// startLimit returns nil for no limit.
func startLimit(ctx context.Context, cfg Config, rdb *redis.Client) *limit.Limiter {
	if cfg.RateLimit == 0 {
		if cfg.Env == config.Production {
			cfg.Log.WarnContext(ctx, "requests are not limited: set FUALAB_RATE_LIMIT, unless a proxy before the API does it")
		}
		return nil
	}
	policy := limit.Policy{Name: "requests", Rate: cfg.RateLimit, Per: time.Second, Burst: cmp.Or(cfg.RateBurst, 2*cfg.RateLimit)}
	return limit.New(ctx, policy, rdb, cfg.Log, time.Now)
}

// checkAddr finds a taken port before anything else begins. It keeps
// no listener: until the schema is there, connections are to be refused, not to
// hang, and a probe of the port is to fail.
func checkAddr(ctx context.Context, cfg Config) error {
	if cfg.Listener != nil {
		return nil
	}
	ln, err := listen(ctx, cfg)
	if err != nil {
		return err
	}
	return ln.Close()
}

func listen(ctx context.Context, cfg Config) (net.Listener, error) {
	if cfg.Listener != nil {
		return cfg.Listener, nil
	}
	return httpserver.Listen(ctx, string(cfg.Addr), "FUALAB_API_ADDR")
}

// OpenDatabase opens the database that cfg names.
func OpenDatabase(ctx context.Context, cfg Config) (*database.DB, error) {
	return database.OpenConfigured(ctx, cfg.Common, "fualab-api", cfg.Log)
}

// prepareSchema migrates, or checks that the schema is up to date.
func prepareSchema(ctx context.Context, cfg Config, db *database.DB) error {
	if !cfg.MigrateOnStart {
		if err := schema.Check(ctx, db); err != nil {
			return fmt.Errorf("FUALAB_MIGRATE_ON_START=false leaves the schema to others; set it to true if nobody migrates: %w", err)
		}
		return nil
	}
	m, err := migrations.New(db, cfg.Log)
	if err != nil {
		return err
	}
	if _, err := m.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}
