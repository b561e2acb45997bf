package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/ops/internal/localconfig"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/worker"
)

// runPlatform runs everything until ctx ends or a part of it fails. It stops
// the parts in order: first the callers, then the servers, last the database
// and Redis. It returns nil after an orderly stop. The repository is the one
// that contains dir, an absolute path.
func runPlatform(ctx context.Context, dir string, environ []string, stdout, stderr io.Writer) (err error) {
	begin := time.Now()
	s, err := localconfig.Load(environ)
	if err != nil {
		return err
	}
	sources, err := openClient(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sources.Close()) }()
	site, err := newSite(sources)
	if err != nil {
		return err
	}
	data, err := openData(s.Local.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	ports, err := listen(ctx, s.Local)
	if err != nil {
		return err
	}
	defer ports.Close()
	redis, err := openRedis(s.Local.RedisURL, s.Local.RedisPort)
	if err != nil {
		return err
	}
	defer redis.Close()

	s.API.Listener, s.API.RedisURL = ports.api, redis.url
	s.API.Log = newLogger(data.log, stderr, s.API.LogLevel.Level, s.API.ServiceName)
	s.Worker.Listener, s.Worker.RedisURL = ports.worker, redis.url
	s.Worker.Log = newLogger(data.log, stderr, s.Worker.LogLevel.Level, s.Worker.ServiceName)
	log := newLogger(data.log, stderr, s.API.LogLevel.Level, "FUALab web client")

	build := clientBuild{site: site, sources: sources, environ: environ, dataDir: s.Local.DataDir, stdout: stdout}
	pending := s.Local.BuildClient && build.needed()

	serve := &part{name: "API", addr: reachable(ports.api), run: func(ctx context.Context) error { return api.Run(ctx, s.API) }}
	work := &part{name: "worker", addr: reachable(ports.worker), run: func(ctx context.Context) error { return worker.Run(ctx, s.Worker) }}
	show := &part{name: "web client", addr: reachable(ports.frontend), run: func(ctx context.Context) error {
		web := httpserver.New(httpserver.Config{
			Browsers:        httpserver.Browsers{Origins: s.API.CORSOrigins, Hosts: s.API.Hosts, AnyHost: s.API.Auth == config.On},
			Handler:         newFrontend(site, newProxy(ctx, reachable(ports.api), log)),
			ShutdownTimeout: s.API.ShutdownTimeout.Duration(),
			Log:             log,
		})
		return web.Serve(ctx, ports.frontend)
	}}
	// The worker waits for the schema, which the API creates.
	if serve.start(ctx) && work.start(ctx) && show.start(ctx) {
		banner{s.Local, ports, redis, time.Since(begin), s.API.Auth == config.On}.write(stdout)
		stopBuild := func() {}
		if pending {
			stopBuild = build.start(ctx)
		}
		awaitEnd(ctx, stdout, serve, work, show)
		stopBuild()
	}
	return errors.Join(show.stop(), serve.stop(), work.stop())
}
