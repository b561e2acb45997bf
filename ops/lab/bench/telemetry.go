package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os/exec"
)

// withTelemetry is the goal for the share of the API's throughput that is left
// with metrics and a trace of every request.
const withTelemetry = 0.9

// benchTelemetry compares an API with metrics and traces with an API without
// either, on the same database.
func benchTelemetry(ctx context.Context, b *apiBench) error {
	collector, stop, err := startCollector(ctx)
	if err != nil {
		return err
	}
	return errors.Join(b.telemetry(ctx, collector), stop())
}

func (b *apiBench) telemetry(ctx context.Context, collector string) error {
	return b.withAPI(ctx, func(p *platform, off *process) error {
		observed := func(environ ...string) (*process, error) {
			started, err := startProcess(ctx, "/ready", func(addr string) *exec.Cmd {
				return b.service(b.binary, append(environ, "FUALAB_API_ADDR="+addr, "FUALAB_API_ADMIN_ADDR=127.0.0.1:0",
					"FUALAB_DATABASE_URL="+p.database.Reveal(), "FUALAB_REDIS_URL="+b.redis, "OTEL_EXPORTER_OTLP_ENDPOINT="+collector)...)
			})
			if err == nil {
				p.atStop(started.stop)
			}
			return started, err
		}
		all, err := observed()
		if err != nil {
			return err
		}
		tenth, err := observed("OTEL_TRACES_SAMPLER=parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG=0.1")
		if err != nil {
			return err
		}
		if err := p.refill(ctx); err != nil {
			return err
		}
		for _, one := range []struct {
			name, traced string
			on           *process
			next         request
		}{
			{hotItem, "every request traced", all, getPath("/api/items/1")},
			{hotItem, "a tenth traced", tenth, getPath("/api/items/1")},
			{"the mixed load", "every request traced", all, mixed(itemsThere)},
		} {
			ratio, err := b.compare(ctx, one.name+", "+one.traced, b.api("measured, "+one.traced, one.on, one.next), b.api("neither", off, one.next))
			if err != nil {
				return err
			}
			b.figures.atLeast(withTelemetry, ratio, "%s, with metrics, %s, of the same with neither", one.name, one.traced)
		}
		return nil
	})
}

// startCollector serves a collector that accepts every trace and keeps none. It
// returns its URL.
func startCollector(ctx context.Context) (url string, stop func() error, err error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{ReadHeaderTimeout: answerTimeout, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the client may have disconnected
	})}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	return "http://" + ln.Addr().String(), func() error {
		err := server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}, nil
}
