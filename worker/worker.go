// Package worker is FUALab's background service. cmd/fualab-worker runs it
// alone; ops/local runs it beside the API in one process.
package worker

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/fualab/fualab/shared/clock"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/schema"
	"github.com/fualab/fualab/shared/version"
	"github.com/fualab/fualab/worker/internal/heartbeat"
	"github.com/fualab/fualab/worker/internal/httpapi"
	"github.com/fualab/fualab/worker/internal/loop"
	"github.com/fualab/fualab/worker/internal/nudge"
	"github.com/fualab/fualab/worker/internal/prune"
	"github.com/fualab/fualab/worker/internal/runner"
	"github.com/fualab/fualab/worker/internal/schedule"
	"github.com/fualab/fualab/worker/internal/task"
)

// Config is the worker's configuration.
type Config struct {
	config.Common
	ServiceName       string         `env:"SERVICE_NAME" envDefault:"FUALab Worker" doc:"name in /health and in the log; the API's default is FUALab API"`
	Addr              config.Addr    `env:"WORKER_ADDR" envDefault:":8001" doc:"address for the worker's /health and /ready: host:port; :port is every interface, port 0 any free one"`
	AdminAddr         config.Addr    `env:"WORKER_ADMIN_ADDR" example:"127.0.0.1:9101" doc:"address for the worker's /metrics (Prometheus) and /debug/pprof/ (in production on loopback only): host:port. It has no authentication, so only operators may reach it; empty: none"`
	HeartbeatInterval config.Seconds `env:"HEARTBEAT_INTERVAL_SECONDS" envDefault:"15" doc:"time between two heartbeats of a worker, in seconds; at least 1, and at most half of FUALAB_HEARTBEAT_TTL_SECONDS"`

	Concurrency  int         `env:"WORKER_CONCURRENCY" envDefault:"4" doc:"maximum number of concurrent runs in a worker, in addition to one run from a notification"`
	JobsUI       bool        `env:"JOBS_UI" envDefault:"false" doc:"serve River's job console under /jobs on the worker's address; it has no authentication, and an image has it only if built with --build-arg TAGS="`
	RunRetention config.Days `env:"RUN_RETENTION_DAYS" envDefault:"7" doc:"time that a finished run is kept, in days; discarded runs are kept four times as long"`

	ProductConfig

	Log *slog.Logger `env:"-"` // required
	// Listener replaces Addr, for a caller with an open listener.
	Listener net.Listener `env:"-"`
	// AdminListener replaces AdminAddr in the same way.
	AdminListener net.Listener `env:"-"`
	// Instance is this worker's name in the fleet; "" generates one.
	Instance string `env:"-"`

	// NewJobConsole makes the console of JobsUI. A program with nil links no
	// console, and refuses the setting.
	NewJobConsole NewJobConsole `env:"-"`

	tasks []task.Task // replaces the registered ones, in tests
}

// NewJobConsole returns a console of the runs of client.
type NewJobConsole func(client *runs.Client, log *slog.Logger) (httpapi.JobConsole, error)

// maxHeartbeatTTL leaves one turn of the loop to notice a dead worker, and one
// to rescue its runs.
const maxHeartbeatTTL = 55 * time.Second

// Validate checks the rules that types cannot express.
func (c Config) Validate() []config.Fault {
	faults := append(c.Common.Validate(), c.faults()...)
	interval := c.HeartbeatInterval.Duration()
	switch {
	case interval < time.Second:
		faults = append(faults, config.Fault{Variable: "FUALAB_HEARTBEAT_INTERVAL_SECONDS", Message: "must be at least 1, because the worker's loop turns once a second"})
	case c.HeartbeatTTL.Duration() < 2*interval:
		faults = append(faults, config.Fault{Variable: "FUALAB_HEARTBEAT_TTL_SECONDS", Message: "must be at least twice FUALAB_HEARTBEAT_INTERVAL_SECONDS, so that one late heartbeat does not mean a dead worker; three times is usual"})
	}
	if c.HeartbeatTTL.Duration() > maxHeartbeatTTL {
		faults = append(faults, config.Fault{Variable: "FUALAB_HEARTBEAT_TTL_SECONDS", Message: "must be at most 55, so that the runs of a dead worker continue within a minute"})
	}
	if c.Env == config.Production && c.JobsUI && !c.Addr.Loopback() {
		faults = append(faults, config.Fault{Variable: "FUALAB_JOBS_UI", Message: "shows and changes all jobs without authentication. FUALAB_ENV=production refuses that: set it to false, or FUALAB_WORKER_ADDR to 127.0.0.1:8001"})
	}
	if c.Concurrency < 1 || c.Concurrency > 1000 {
		faults = append(faults, config.Fault{Variable: "FUALAB_WORKER_CONCURRENCY", Message: "must be from 1 to 1000"})
	}
	return faults
}

// Run works until ctx ends, then finishes the present turn and removes the
// worker from the fleet. It waits until the database has the needed schema, and
// reports that in /ready. It returns nil after an orderly stop.
func Run(ctx context.Context, cfg Config) (err error) {
	if cfg.JobsUI && cfg.NewJobConsole == nil {
		return &config.Error{Faults: []config.Fault{{Variable: "FUALAB_JOBS_UI", Message: "asks for the job console, which this program does not contain: set it to false, or run fualab-worker from an image that was built with --build-arg TAGS="}}}
	}
	ln, err := listen(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }() // Serve has closed it, unless an error came first

	db, err := openDatabase(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	rdb, closeRedis, err := redis.OpenOrWarn(ctx, cfg.RedisURL, "fualab-worker", cfg.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeRedis()) }()
	rdb.Use(string(cfg.RedisPrefix))

	cfg.Instance = cmp.Or(cfg.Instance, heartbeat.Instance())
	cfg.Log.InfoContext(ctx, "started", "instance", cfg.Instance, "addr", ln.Addr().String(), "version", version.String(), "database", db.DialectName())
	err = run(ctx, cfg, ln, db, rdb)
	cfg.Log.InfoContext(ctx, "stopped", "clean", err == nil)
	return err
}

// run wires the worker on the resources that Run has opened.
func run(ctx context.Context, cfg Config, ln net.Listener, db *database.DB, rdb *redis.Client) error {
	if cfg.OTLP.Traces.On() {
		redis.Trace(rdb)
	}
	publisher := events.Start(ctx, rdb, cfg.Log)
	defer publisher.Close()
	clk := clock.New(db.Now)
	all := registered(cfg, db, clk.Now, publisher.Publish)
	measured, err := startTelemetry(ctx, cfg, db, rdb, all)
	if err != nil {
		return err
	}
	defer measured.Close(ctx)
	work, err := runner.New(runner.Config{
		Instance:    cfg.Instance,
		Tasks:       all,
		Concurrency: max(1, cfg.Concurrency),
		SoftStop:    cfg.ShutdownTimeout.Duration() / 2,
		DeadAfter:   cfg.HeartbeatTTL.Duration(),
		DB:          db,
		Publish:     publisher.Publish,
		Ended:       measured.Ended(),
		Tracer:      measured.Tracer(),
		Now:         time.Now,
		Log:         cfg.Log,
	})
	if err != nil {
		return err
	}
	ticker, err := schedule.New(schedule.Config{Tasks: all, DB: db, Client: work.Client(), Publish: publisher.Publish, Now: clk.Now, Log: cfg.Log})
	if err != nil {
		return err
	}
	beater := heartbeat.New(heartbeat.Config{
		Instance: cfg.Instance,
		Interval: cfg.HeartbeatInterval.Duration(),
		TTL:      cfg.HeartbeatTTL.Duration(),
		Key:      cfg.HeartbeatKey,
		Running:  work.Running,
		DB:       db,
		Redis:    rdb,
		Publish:  publisher.Publish,
		Now:      clk.Now,
		Log:      cfg.Log,
	})
	if err := measured.Watch(beater); err != nil {
		return err
	}
	turns := loop.New(loop.Config{
		Steps: []loop.Step{
			{Name: "clock", Run: func(ctx context.Context, _ loop.Turn) error { return clk.Sync(ctx) }},
			{Name: "schedule", Run: ticker.Step},
			// After schedule, so a heartbeat proves that scheduling ran.
			{Name: "heartbeat", Run: beater.Step},
			// After heartbeat: a worker that executes must be known as alive.
			{Name: "execute", Run: work.Step},
		},
		Now: time.Now,
		Log: cfg.Log,
	})
	jobs, err := jobConsole(cfg, work.Client())
	if err != nil {
		return err
	}
	var server *httpserver.Server
	handler := httpapi.New(httpapi.Deps{
		Service:  cfg.ServiceName,
		Instance: cfg.Instance,
		DB:       db,
		Redis:    rdb,
		Loop:     turns,
		Jobs:     jobs,
		Draining: func() bool { return server.Draining() },
		Now:      time.Now,
		Log:      cfg.Log,
	})
	server = httpserver.New(httpserver.Config{
		Handler:         handler,
		Browsers:        httpserver.Browsers{Hosts: cfg.Hosts},
		ShutdownDelay:   cfg.ShutdownDelay.Duration(),
		ShutdownTimeout: cfg.ShutdownTimeout.Duration(),
		Log:             cfg.Log,
	})
	return serveDuring(ctx, server, ln, cfg.ShutdownTimeout.Duration(), func(ctx context.Context) {
		if awaitSchema(ctx, func(ctx context.Context) error { return schema.Check(ctx, db) }, cfg.Log) != nil {
			return // ctx has ended
		}
		var beside sync.WaitGroup
		if rdb != nil {
			beside.Go(func() { listenForNudges(ctx, cfg, rdb, work, all) })
		}
		if jobs != nil {
			beside.Go(func() { jobs.Run(ctx) })
		}
		turns.Run(ctx)
		stopWork(ctx, cfg, work, beater)
		beside.Wait()
		if err := beater.Leave(ctx); err != nil {
			cfg.Log.WarnContext(ctx, "cannot remove the heartbeat; it stays until it is stale", "instance", cfg.Instance, "error", err)
		}
	})
}

// stopWork ends execution. Until then the worker sends heartbeats, because
// others would otherwise take over the runs that have time to finish.
func stopWork(ctx context.Context, cfg Config, work *runner.Runner, beater *heartbeat.Beater) {
	beats, end := context.WithCancel(context.WithoutCancel(ctx))
	var stopping sync.WaitGroup
	stopping.Go(func() {
		loop.New(loop.Config{Steps: []loop.Step{{Name: "heartbeat", Run: beater.Step}}, Now: time.Now, Log: cfg.Log}).Run(beats)
	})
	err := work.Stop(ctx)
	end()
	stopping.Wait()
	if err != nil {
		cfg.Log.WarnContext(ctx, "cancelled runs at the stop; other workers take them over", "error", err)
	}
}

// jobConsole returns nil unless the settings ask for one.
func jobConsole(cfg Config, client *runs.Client) (httpapi.JobConsole, error) {
	if !cfg.JobsUI {
		return nil, nil //nolint:nilnil // no setting asks for it
	}
	return cfg.NewJobConsole(client, cfg.Log)
}

// registered returns the tasks of this worker: the product's and the
// platform's.
func registered(cfg Config, db *database.DB, now func() time.Time, publish func(events.Event)) []task.Task {
	if cfg.tasks != nil {
		return cfg.tasks
	}
	return append(productTasks(cfg, db, now, publish),
		prune.Runs(db, now, cfg.RunRetention.Duration()),
		prune.Keys(db, now),
	)
}

func listenForNudges(ctx context.Context, cfg Config, rdb *redis.Client, work *runner.Runner, all []task.Task) {
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	nudge.Listen(ctx, nudge.Config{Redis: rdb, Tasks: names, Insert: work.Nudged, Now: time.Now, Log: cfg.Log})
}

func listen(ctx context.Context, cfg Config) (net.Listener, error) {
	if cfg.Listener != nil {
		return cfg.Listener, nil
	}
	return httpserver.Listen(ctx, string(cfg.Addr), "FUALAB_WORKER_ADDR")
}

func openDatabase(ctx context.Context, cfg Config) (*database.DB, error) {
	return database.OpenConfigured(ctx, cfg.Common, "fualab-worker", cfg.Log)
}
