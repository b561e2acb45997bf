// Package telemetry is what a service shows of itself to those who operate it:
// metrics and profiles on an address of their own, lines for CloudWatch, metrics
// and traces sent to a collector of OpenTelemetry. Nothing of it is there, and
// nothing is measured, unless a setting asks for it.
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
	Service  string       // fualab-api, say: the label of fualab_build_info, and a trace's service.name
	Addr     config.Addr  // of the admin listener; "": none
	Variable string       // the setting that Addr comes from, for messages
	Listener net.Listener // replaces Addr, for a caller that has bound a port already
	Hosts    []string     // names of the admin listener, besides those without a dot
	Profiles bool         // show profiles beside the metrics; see Profiles
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

// Profiles reports whether a program in env shows its profiles at addr. In
// production others than this machine get the metrics alone: a profile holds the
// program's command line and takes its processor for as long as the caller wants.
func Profiles(env config.Environment, addr config.Addr) bool {
	return env != config.Production || addr.Loopback()
}

// Telemetry measures and traces one service. A nil one does neither: all
// methods may be called on it.
type Telemetry struct {
	log      *slog.Logger
	registry *prometheus.Registry     // nil: nothing is measured
	spans    *sdktrace.TracerProvider // nil: nothing is traced
	events   *prometheus.CounterVec   // the security events
	stop     context.CancelFunc
	done     sync.WaitGroup
}

// Start returns what cfg asks for, nil for nothing. The caller must call Close.
func Start(ctx context.Context, cfg Config) (*Telemetry, error) {
	if !cfg.measures() && !cfg.OTLP.Traces.On() {
		return nil, nil //nolint:nilnil // nothing is what was asked for, and its methods do nothing
	}
	t := &Telemetry{log: cfg.Log, events: newEvents()}
	// Who operates the service looks at it while it stops, too: until Close.
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

// listen begins to answer on the admin listener.
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

// send begins to send to the collector what is to go there, if anything is.
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

// newRegistry returns a registry of what every service has.
func newRegistry(cfg Config) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "fualab_build_info", Help: "The program that runs; always 1.",
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

// Measures reports whether anything is measured.
func (t *Telemetry) Measures() bool { return t != nil && t.registry != nil }

// Register adds collectors, if anything is measured. It fails for a name that is
// there already.
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

// Close sends what has not been sent, ends the lines, and the listener with a
// profile that is being taken. It takes a few seconds at most.
func (t *Telemetry) Close(ctx context.Context) {
	if t == nil {
		return
	}
	t.stop()
	if t.spans != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
		defer cancel()
		if err := t.spans.Shutdown(ctx); err != nil {
			t.log.WarnContext(ctx, "the last traces did not reach the collector", "error", err)
		}
	}
	t.done.Wait()
}
