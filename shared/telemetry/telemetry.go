// Package telemetry is what a service shows of itself to those who operate it:
// metrics and profiles on an address of their own, and lines for CloudWatch.
// Nothing of it is there, and nothing is measured, unless a setting asks for it.
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

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/version"
)

// Config configures Start.
type Config struct {
	Service  string       // fualab-api, say: the label of fualab_build_info
	Addr     config.Addr  // of the admin listener; "": none
	Variable string       // the setting that Addr comes from, for messages
	Listener net.Listener // replaces Addr, for a caller that has bound a port already
	EMF      EMF
	DB       *database.DB
	Redis    redis.Client // nil: runs without Redis
	Log      *slog.Logger
}

func (c Config) listens() bool  { return c.Addr != "" || c.Listener != nil }
func (c Config) measures() bool { return c.listens() || c.EMF.Environment != "" }

// Telemetry measures one service. A nil one measures nothing: all methods may
// be called on it.
type Telemetry struct {
	registry *prometheus.Registry
	stop     context.CancelFunc
	done     sync.WaitGroup
}

// Start returns what cfg asks for, nil for nothing. The caller must call Close.
func Start(ctx context.Context, cfg Config) (*Telemetry, error) {
	if !cfg.measures() {
		return nil, nil //nolint:nilnil // nothing is what was asked for, and its methods do nothing
	}
	t := &Telemetry{registry: newRegistry(cfg)}
	// Who operates the service looks at it while it stops, too: until Close.
	ctx, t.stop = context.WithCancel(context.WithoutCancel(ctx))
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
	server := httpserver.New(httpserver.Config{Handler: adminHandler(t.registry, cfg.Log), ShutdownTimeout: time.Second, Log: cfg.Log})
	cfg.Log.InfoContext(ctx, "metrics and profiles", "addr", ln.Addr().String())
	t.done.Go(func() {
		if err := server.Serve(ctx, ln); err != nil {
			cfg.Log.WarnContext(ctx, "the admin listener has ended", "error", err)
		}
	})
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

// On reports whether anything is measured.
func (t *Telemetry) On() bool { return t != nil }

// Register adds collectors. It fails for a name that is there already.
func (t *Telemetry) Register(all ...prometheus.Collector) error {
	if t == nil {
		return nil
	}
	for _, c := range all {
		if err := t.registry.Register(c); err != nil {
			return fmt.Errorf("register a metric: %w", err)
		}
	}
	return nil
}

// Close ends the listener, a profile that is being taken included, and the
// lines.
func (t *Telemetry) Close() {
	if t == nil {
		return
	}
	t.stop()
	t.done.Wait()
}
