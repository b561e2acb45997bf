package worker

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/telemetry"
	"github.com/fualab/fualab/worker/internal/heartbeat"
	"github.com/fualab/fualab/worker/internal/metrics"
	"github.com/fualab/fualab/worker/internal/runner"
	"github.com/fualab/fualab/worker/internal/task"
)

// measured is the worker's telemetry. A nil one does nothing.
type measured struct {
	*telemetry.Telemetry
	tasks *metrics.Tasks
}

// startTelemetry returns nil unless the settings ask for telemetry. The caller
// must close the result.
func startTelemetry(ctx context.Context, cfg Config, db *database.DB, rdb *redis.Client, all []task.Task) (*measured, error) {
	t, err := telemetry.Start(ctx, telemetry.Config{
		Hosts: cfg.Hosts, Profiles: telemetry.Profiles(cfg.Env, cfg.AdminAddr),
		Service: "fualab-worker", Addr: cfg.AdminAddr, Variable: "FUALAB_WORKER_ADMIN_ADDR", Listener: cfg.AdminListener,
		EMF: telemetry.EMF{Service: "worker", Environment: cfg.EMFEnvironment}, OTLP: cfg.OTLP, DB: db, Redis: rdb, Log: cfg.Log,
	})
	if t == nil || err != nil {
		return nil, err
	}
	if !t.Measures() {
		return &measured{Telemetry: t}, nil
	}
	m := &measured{t, metrics.New(metrics.Config{DB: db, Tasks: all, Now: time.Now})}
	if err := t.Register(m.tasks); err != nil {
		t.Close(ctx)
		return nil, err
	}
	return m, nil
}

// Ended returns the observer of attempts, or nil.
func (m *measured) Ended() func(runner.Ended) {
	if m == nil || m.tasks == nil {
		return nil
	}
	return m.tasks.Ended
}

// Tracer begins the traces of runs; nil for none.
func (m *measured) Tracer() trace.Tracer {
	if m == nil {
		return nil
	}
	return m.Telemetry.Tracer()
}

// Watch registers the metric of the heartbeats of beater.
func (m *measured) Watch(beater *heartbeat.Beater) error {
	if m == nil {
		return nil
	}
	return m.Register(metrics.Heartbeat(beater.Last))
}

// Close ends the parts that startTelemetry has started.
func (m *measured) Close(ctx context.Context) {
	if m != nil {
		m.Telemetry.Close(ctx)
	}
}
