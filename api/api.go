// Package api is FUALab's public HTTP service. cmd/fualab-api runs it alone,
// ops/local beside the worker in one process.
package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/httpapi"
	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/api/internal/nudge"
	"github.com/fualab/fualab/api/internal/store"
	"github.com/fualab/fualab/api/migrations"
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
	Addr           config.Addr `env:"API_ADDR" envDefault:":8000" doc:"where the API listens: host:port; :port is every interface, port 0 any free one"`
	MigrateOnStart bool        `env:"MIGRATE_ON_START" envDefault:"true" doc:"apply pending migrations before listening; false where a deployment runs \"fualab-api migrate up\" first"`
	CacheBytes     int64       `env:"CACHE_BYTES" envDefault:"33554432" doc:"how much memory the API's cache of items and lists may take, in bytes; 0 turns it off"`

	Log *slog.Logger `env:"-"` // required
	// Listener replaces Addr, for a caller that has bound a port already.
	Listener net.Listener `env:"-"`
}

// Validate checks what the types cannot.
func (c Config) Validate() []config.Fault {
	faults := c.Common.Validate()
	if c.CacheBytes < 0 {
		faults = append(faults, config.Fault{Variable: "FUALAB_CACHE_BYTES", Message: "must not be negative"})
	}
	return faults
}

// Run serves the API until ctx ends, then finishes what is in flight. It
// returns nil after an orderly stop.
func Run(ctx context.Context, cfg Config) (err error) {
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

	queue, err := runs.NewInserter(db, cfg.Log)
	if err != nil {
		return err
	}
	nudger := nudge.Start(ctx, rdb, cfg.Log)
	defer nudger.Close()
	publisher := events.Start(ctx, rdb, cfg.Log)
	defer publisher.Close()
	answers := cache.New(cfg.CacheBytes)
	hub := live.Start(ctx, rdb, cfg.Log, answers.Observe)
	defer hub.Close()

	var server *httpserver.Server
	handler := httpapi.New(httpapi.Deps{
		Service:      cfg.ServiceName,
		Store:        store.New(db, queue, time.Now),
		Cache:        answers,
		Redis:        rdb,
		HeartbeatTTL: cfg.HeartbeatTTL.Duration(),
		Nudge:        nudger.Nudge,
		Publish:      publisher.Publish,
		Live:         hub,
		Draining:     func() bool { return server.Draining() },
		Now:          time.Now,
		Log:          cfg.Log,
	})
	server = httpserver.New(httpserver.Config{
		Handler:         handler,
		ShutdownDelay:   cfg.ShutdownDelay.Duration(),
		ShutdownTimeout: cfg.ShutdownTimeout.Duration(),
		OnStop:          hub.Stop,
		Log:             cfg.Log,
	})
	cfg.Log.InfoContext(ctx, "serving", "addr", ln.Addr().String(), "version", version.String(), "database", db.DialectName())
	err = server.Serve(ctx, ln)
	cfg.Log.InfoContext(ctx, "stopped", "clean", err == nil)
	return err
}

// checkAddr finds a port that is taken before anything else begins. It keeps
// no listener: until the schema is there, who connects is to be refused, not to
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

// prepareSchema migrates, or makes sure that somebody else did.
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
