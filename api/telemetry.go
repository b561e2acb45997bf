package api

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/telemetry"
)

// startTelemetry returns the API's telemetry, and the watchers to tell of its
// requests: nil and none unless the settings ask for them. The caller has to
// close it.
func startTelemetry(ctx context.Context, cfg Config, db *database.DB, rdb *redis.Client, answers *cache.Cache, hub *live.Hub) (*telemetry.Telemetry, []httpserver.Watcher, error) {
	t, err := telemetry.Start(ctx, telemetry.Config{
		Hosts: cfg.Hosts, Profiles: telemetry.Profiles(cfg.Env, cfg.AdminAddr),
		Service: "fualab-api", Addr: cfg.AdminAddr, Variable: "FUALAB_API_ADMIN_ADDR", Listener: cfg.AdminListener,
		EMF: telemetry.EMF{Service: "api", Environment: cfg.EMFEnvironment}, OTLP: cfg.OTLP, DB: db, Redis: rdb, Log: cfg.Log,
	})
	if err != nil {
		return nil, nil, err
	}
	watchers, err := t.Requests()
	if err == nil && t.Measures() {
		err = t.Register(cacheMetrics(answers, cfg.CacheBytes, hub)...)
	}
	if err != nil {
		t.Close(ctx)
		return nil, nil, err
	}
	return t, watchers, nil
}

func cacheMetrics(answers *cache.Cache, most int64, hub *live.Hub) []prometheus.Collector {
	age := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "fualab_cache_age_seconds", Help: "Age of the answers that came from the cache.",
		Buckets: []float64{.01, .05, .1, .25, .5, .75, cache.MaxAge.Seconds(), 1},
	})
	answers.Served(func(d time.Duration) { age.Observe(d.Seconds()) })
	counter := func(name, help string, value func(cache.Counts) int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(value(answers.Snapshot())) })
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	return []prometheus.Collector{
		age,
		counter("fualab_cache_hits_total", "Answers that came from the cache.", func(c cache.Counts) int64 { return c.Hits }),
		counter("fualab_cache_misses_total", "Reads of the database for the cache.", func(c cache.Counts) int64 { return c.Misses }),
		gauge("fualab_cache_bytes", "Memory that the cache holds.", func() float64 { return float64(answers.Snapshot().Bytes) }),
		gauge("fualab_cache_max_bytes", "Most memory that the cache may hold; 0 for none.", func() float64 { return float64(most) }),
		gauge("fualab_cache_incoherent", "1 while this instance does not hear what others change, 0 otherwise.", func() float64 {
			if hub.Follows() {
				return 0
			}
			return 1
		}),
		gauge("fualab_live_clients", "Clients that watch live events.", func() float64 { return float64(hub.Subscribers()) }),
	}
}
