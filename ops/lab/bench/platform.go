package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/worker"
)

// platform is an API in this process, with a database that is dropped at its end.
type platform struct {
	url      string // http://127.0.0.1:…
	database config.DatabaseURL
	db       *database.DB
	queue    *runs.Client
	stop     func() error
}

// platforms counts platforms, for the names of their databases.
var platforms atomic.Int64

// startPlatform creates a database on server and starts an API on it, which
// migrates it.
func startPlatform(ctx context.Context, server string) (_ *platform, err error) {
	p, err := newPlatform(ctx, server)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.stop())
		}
	}()
	if err := p.serve(ctx); err != nil {
		return nil, err
	}
	return p, p.open(ctx)
}

// newPlatform creates an empty database on server.
func newPlatform(ctx context.Context, server string) (*platform, error) {
	name := fmt.Sprintf("fualab_bench_%d_%d", os.Getpid(), platforms.Add(1))
	u, err := url.Parse(server)
	if err != nil {
		return nil, errors.New("FUALAB_TEST_DATABASE_URL is not a valid URL")
	}
	u.Path = "/" + name
	p := &platform{database: config.DatabaseURL(u.String())}
	if err := execute(ctx, server, "CREATE DATABASE "+name); err != nil {
		return nil, err
	}
	p.stop = func() error {
		return execute(context.WithoutCancel(ctx), server, "DROP DATABASE "+name+" WITH (FORCE)")
	}
	return p, nil
}

// serve starts the measured API, without Redis.
func (p *platform) serve(ctx context.Context) (err error) {
	p.url, err = p.startAPI(ctx, "")
	return err
}

// startAPI starts an API on the platform's database, waits until it responds and
// returns its URL.
func (p *platform) startAPI(ctx context.Context, redis string) (url string, err error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	cfg, err := config.Load[api.Config]([]string{"FUALAB_DATABASE_URL=" + p.database.Reveal(), "FUALAB_REDIS_URL=" + redis, "FUALAB_RATE_LIMIT=0"})
	if err != nil {
		return "", errors.Join(err, ln.Close())
	}
	cfg.Listener, cfg.Log = ln, slog.New(slog.DiscardHandler)
	url = "http://" + ln.Addr().String()
	p.background(ctx, func(ctx context.Context) error { return api.Run(ctx, cfg) })
	return url, until(ctx, "the API to answer", func() (bool, error) {
		_, err := get(ctx, url+"/health")
		return err == nil, nil
	})
}

// startWorker starts a worker on the platform's database.
func (p *platform) startWorker(ctx context.Context, redis string) error {
	cfg, err := config.Load[worker.Config]([]string{
		"FUALAB_DATABASE_URL=" + p.database.Reveal(), "FUALAB_WORKER_ADDR=127.0.0.1:0", "FUALAB_REDIS_URL=" + redis,
	})
	if err != nil {
		return err
	}
	cfg.Log = slog.New(slog.DiscardHandler)
	p.background(ctx, func(ctx context.Context) error { return worker.Run(ctx, cfg) })
	return nil
}

// background runs part until the platform stops, and ends it before its dependencies.
func (p *platform) background(ctx context.Context, part func(context.Context) error) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- part(ctx) }()
	p.atStop(func() error {
		cancel()
		return <-ended
	})
}

// atStop makes the platform call f first when it stops.
func (p *platform) atStop(f func() error) {
	rest := p.stop
	p.stop = func() error { return errors.Join(f(), rest()) }
}

// open connects to the database, for the benchmark's own statements.
func (p *platform) open(ctx context.Context) (err error) {
	u, err := url.Parse(p.database.Reveal())
	if err != nil {
		return err
	}
	query := u.Query()
	query.Set("statement_timeout", "0")
	u.RawQuery = query.Encode()
	log := slog.New(slog.DiscardHandler)
	if p.db, err = database.Open(ctx, database.Options{URL: config.DatabaseURL(u.String()), AppName: "bench", Log: log}); err != nil {
		return err
	}
	p.atStop(p.db.Close)
	p.queue, err = runs.NewInserter(p.db, log)
	return err
}

// exec runs one statement, limited by ctx only.
func (p *platform) exec(ctx context.Context, statement string, args ...any) error {
	_, err := p.db.ExecContext(ctx, statement, args...)
	return err
}

// until polls done for at most half a minute, until it returns true.
func until(ctx context.Context, what string, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no success while waiting for %s: %w", what, ctx.Err())
		case <-poll.C:
		}
	}
}

func execute(ctx context.Context, server, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return errors.New("cannot connect to the server of FUALAB_TEST_DATABASE_URL")
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, statement)
	return err
}
