// Package telemetry shows a service to its operators. It serves metrics and
// profiles on a separate address, writes lines for CloudWatch, and sends
// metrics and traces to an OpenTelemetry collector. Each part is off, and costs
// nothing, unless a setting asks for it.
package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/version"
)

// Config configures Start.
type Config struct {
	Service  string       // for example fualab-api: the label of fualab_build_info, and a trace's service.name
	Addr     config.Addr  // of the admin listener; "": none
	Variable string       // the setting of Addr, for messages
	Listener net.Listener // replaces Addr, for a caller with an open listener
	Hosts    []string     // host names of the admin listener with a dot
	Profiles bool         // serve profiles beside the metrics; see Profiles
	EMF      EMF
	OTLP     config.OTLP
	DB       *database.DB
	Redis    *redis.Client // nil: runs without Redis
	Log      *slog.Logger
}

func (c Config) listens() bool { return c.Addr != "" || c.Listener != nil }
func (c Config) measures() bool {
	return c.listens() || c.EMF.Environment != "" || c.OTLP.Metrics.On()
}

// Profiles reports whether a program in env serves its profiles at addr. In
// production, only this machine may read them; other machines get the metrics.
// A profile contains the command line, and takes processor time as long as the
// caller wants.
func Profiles(env config.Environment, addr config.Addr) bool {
	return env != config.Production || addr.Loopback()
}

// Telemetry measures and traces one service. A nil Telemetry does neither, and
// all its methods are valid.
type Telemetry struct {
	log      *slog.Logger
	registry *prometheus.Registry     // nil: nothing is measured
	spans    *sdktrace.TracerProvider // nil: nothing is traced
	events   *prometheus.CounterVec   // the security events
	stop     context.CancelFunc
	done     sync.WaitGroup
}

// Start starts the parts that cfg asks for, and returns nil for none. The
// caller must call Close.
func Start(ctx context.Context, cfg Config) (*Telemetry, error) {
	if !cfg.measures() && !cfg.OTLP.Traces.On() {
		return nil, nil //nolint:nilnil // a nil Telemetry is valid and does nothing
	}
	t := &Telemetry{log: cfg.Log, events: newEvents()}
	// Operators also watch the service while it stops: until Close.
	ctx, t.stop = context.WithCancel(context.WithoutCancel(ctx))
	if cfg.measures() {
		t.registry = newRegistry(cfg)
	}
	if cfg.listens() {
		if err := t.listen(ctx, cfg); err != nil {
			t.stop()
			return nil, err
		}
	}
	if cfg.EMF.Environment != "" {
		e := &emf{EMF: cfg.EMF, to: os.Stdout, from: t.registry, log: cfg.Log}
		t.done.Go(func() { e.run(ctx) })
	}
	if err := t.send(ctx, cfg); err != nil {
		t.stop()
		t.done.Wait()
		return nil, err
	}
	return t, nil
}

// listen starts the admin listener.
func (t *Telemetry) listen(ctx context.Context, cfg Config) error {
	ln := cfg.Listener
	if ln == nil {
		var err error
		if ln, err = httpserver.Listen(ctx, string(cfg.Addr), cfg.Variable); err != nil {
			return err
		}
	}
	server := httpserver.New(httpserver.Config{Handler: adminHandler(t.registry, cfg.Profiles, cfg.Log), Browsers: httpserver.Browsers{Hosts: cfg.Hosts}, ShutdownTimeout: time.Second, Log: cfg.Log, Noted: t.Note})
	cfg.Log.InfoContext(ctx, "metrics and profiles", "addr", ln.Addr().String())
	t.done.Go(func() {
		if err := server.Serve(ctx, ln); err != nil {
			cfg.Log.WarnContext(ctx, "the admin listener has ended", "error", err)
		}
	})
	return nil
}

// send starts the export to the collector, if configured.
func (t *Telemetry) send(ctx context.Context, cfg Config) error {
	metrics, traces := cfg.OTLP.Metrics, cfg.OTLP.Traces
	if !metrics.On() && !traces.On() {
		return nil
	}
	from, err := newResource(ctx, cfg.Service)
	if err != nil {
		return err
	}
	if metrics.On() {
		e := newExporter(newCollector("metrics", metrics, cfg.Log), t.registry, from)
		t.done.Go(func() { e.run(ctx, cfg.OTLP.Interval) })
	}
	if traces.On() {
		t.spans = newTracing(from, newCollector("traces", traces, cfg.Log))
	}
	return nil
}

// newRegistry returns a registry with the metrics of all services.
func newRegistry(cfg Config) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "fualab_build_info", Help: "The running program; always 1.",
			ConstLabels: prometheus.Labels{"service": cfg.Service, "version": version.String()},
		}, func() float64 { return 1 }),
	)
	if cfg.DB != nil {
		r.MustRegister(databaseCollector{cfg.DB})
	}
	if cfg.Redis != nil {
		r.MustRegister(redisCollector{cfg.Redis})
	}
	return r
}

// Measures reports whether metrics are on.
func (t *Telemetry) Measures() bool { return t != nil && t.registry != nil }

// Register adds collectors, if metrics are on. It fails for an existing name.
func (t *Telemetry) Register(all ...prometheus.Collector) error {
	if !t.Measures() {
		return nil
	}
	for _, c := range all {
		if err := t.registry.Register(c); err != nil {
			return fmt.Errorf("register a metric: %w", err)
		}
	}
	return nil
}

// Close sends the rest, ends the lines, and closes the listener, even while it
// takes a profile. It takes a few seconds at most.
func (t *Telemetry) Close(ctx context.Context) {
	if t == nil {
		return
	}
	t.stop()
	if t.spans != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
		defer cancel()
		if err := t.spans.Shutdown(ctx); err != nil {
			t.log.WarnContext(ctx, "cannot send the last traces to the collector", "error", err)
		}
	}
	t.done.Wait()
}
