package alerts

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// row is a fault in synthetic series, in the notation of promtool: one value
// each step from 0 on, 1+2x3 is 1 3 5 7, _ is none. The alert is quiet at quiet,
// fires at fires, and is quiet again at clears.
type row struct {
	name                 string
	alert, burn          string
	step                 time.Duration
	series               []string
	quiet, fires, clears time.Duration
	of                   string // the label=value for which it fires; "": it never fires
}

const (
	requests = "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route=\"/api/items\",http_response_status_code="
	quick    = "http_server_request_duration_seconds_bucket{http_request_method=\"GET\",http_route=\"/api/items\",http_response_status_code=\"200\",le=\"0.25\"}"
	minute   = time.Minute
	day      = 24 * time.Hour
)

var rows = []row{
	{
		name: "the last instance goes, and comes back", alert: "api-down", step: minute,
		series: []string{`fualab_build_info{service="fualab-api",version="v1"} 1x10 _x20 1x30`, `fualab_build_info{service="fualab-worker",version="v1"} 1x60`},
		quiet:  10 * minute, fires: 20 * minute, clears: 40 * minute,
	}, {
		name: "one in twenty fails for half an hour", alert: "api-errors", burn: "fast", step: minute,
		series: []string{requests + `"200"} 0+60x300`, requests + `"500"} 0x60 3+3x29 90x200`},
		quiet:  60 * minute, fires: 90 * minute, clears: 100 * minute,
	}, {
		name: "one in a hundred fails for hours", alert: "api-errors", burn: "slow", step: minute,
		series: []string{requests + `"200"} 0+60x900`, requests + `"503"} 0x360 0.6+0.6x299 180x300`},
		quiet:  360 * minute, fires: 660 * minute, clears: 700 * minute,
	}, {
		name: "a third is slow for half an hour", alert: "api-latency", burn: "fast", step: minute,
		series: []string{requests + `"200"} 0+60x300`, quick + ` 0+60x60 3640+40x29 4860+60x200`},
		quiet:  60 * minute, fires: 90 * minute, clears: 100 * minute,
	}, {
		name: "a tenth is slow for hours", alert: "api-latency", burn: "slow", step: minute,
		series: []string{requests + `"200"} 0+60x900`, quick + ` 0+60x360 21654+54x299 37860+60x300`},
		quiet:  360 * minute, fires: 660 * minute, clears: 700 * minute,
	}, {
		name: "the worker hangs", alert: "worker-heartbeat", step: 15 * time.Second,
		series: []string{`fualab_heartbeat_timestamp_seconds{instance="a"} 0+15x20 300x20 615+15x40`},
		quiet:  5 * minute, fires: 8 * minute, clears: 11 * minute,
	}, {
		name: "the only worker dies", alert: "worker-heartbeat", step: 15 * time.Second,
		series: []string{`fualab_heartbeat_timestamp_seconds{instance="a"} 0+15x20 _x60 1230+15x40`},
		quiet:  5 * minute, fires: 15 * minute, clears: 22 * minute,
	}, {
		name: "a queue without a worker", alert: "queue-age", step: minute,
		series: []string{`fualab_queue_age_seconds{instance="a"} 0x10 60+60x10 0x20`, `fualab_queue_age_seconds{instance="b"} 0x10 60+60x10 0x20`},
		quiet:  15 * minute, fires: 20 * minute, clears: 25 * minute,
	}, {
		name: "items wait", alert: "enrich-backlog", step: minute,
		series: []string{`fualab_enrich_backlog_age_seconds{instance="a"} 0+10x10 60+60x10 0x20`},
		quiet:  10 * minute, fires: 20 * minute, clears: 25 * minute,
	}, {
		name: "a run is discarded", alert: "run-discarded", step: minute,
		series: []string{`fualab_task_runs_total{task="items.purge",outcome="discarded",instance="a"} 0x30 1x120`, `fualab_task_runs_total{task="items.purge",outcome="completed",instance="a"} 0+1x150`},
		quiet:  30 * minute, fires: 40 * minute, clears: 95 * minute, of: "task=items.purge",
	}, {
		name: "two callers wait at any time", alert: "database-pool", step: minute,
		series: []string{`db_client_connection_wait_seconds_total{instance="a"} 0+3x30 210+120x20 2610+3x60`},
		quiet:  30 * minute, fires: 48 * minute, clears: 60 * minute, of: "instance=a",
	}, {
		name: "Redis is lost to one of two", alert: "redis-lost", step: minute,
		series: []string{`fualab_redis_up{instance="a"} 1x10 0x10 1x20`, `fualab_redis_up{instance="b"} 1x40`},
		quiet:  10 * minute, fires: 15 * minute, clears: 25 * minute, of: "instance=a",
	}, {
		name: "an API receives no changes", alert: "cache-incoherent", step: minute,
		series: []string{`fualab_cache_incoherent{instance="a"} 0x10 1x10 0x20`, `fualab_redis_up{instance="a"} 1x40`},
		quiet:  10 * minute, fires: 15 * minute, clears: 25 * minute, of: "instance=a",
	}, {
		name: "tokens are tried", alert: "security-events", step: minute,
		series: []string{`fualab_security_events_total{event="token_refused",instance="a"} 0x30 10+10x20 210x60`, `fualab_security_events_total{event="token_revoked",instance="a"} 0+1x110`},
		quiet:  30 * minute, fires: 50 * minute, clears: 70 * minute, of: "event=token_refused",
	}, {
		name: "the disk fills", alert: "disk-space", step: minute,
		series: []string{`fualab_data_disk_free_bytes{instance="a"} 500x10 50x20 500x20`, `fualab_data_disk_size_bytes{instance="a"} 1000x50`},
		quiet:  10 * minute, fires: 25 * minute, clears: 40 * minute, of: "instance=a",
	},
	silent("items.enrich", minute), silent("items.expire", minute), silent("stats.rollup", 5*minute),
	silent("idempotency.prune", time.Hour), silent("items.import", time.Minute), silent("items.purge", day), silent("runs.prune", day),
}

// TestAlerts: each alert fires on its fault and clears after it.
func TestAlerts(t *testing.T) {
	t.Parallel()
	for _, r := range rows {
		t.Run(r.alert+r.burn+"/"+r.name, func(t *testing.T) {
			t.Parallel()
			w := newWatch(rule(t, r.alert, r.burn), load(t, r.step, r.series...))
			for at := time.Duration(0); at <= r.clears; at += r.step {
				firing := w.at(t.Context(), t, time.Unix(0, 0).Add(at))
				switch at {
				case r.quiet, r.clears:
					if len(firing) > 0 {
						t.Errorf("at %s it fires: %v", at, firing)
					}
				case r.fires:
					if len(firing) != 1 {
						t.Errorf("at %s it fires %d times: %v", at, len(firing), firing)
					} else if r.of != "" && r.of != named(firing[0], r.of) {
						t.Errorf("at %s it fires for %v, want %s", at, firing, r.of)
					}
				}
			}
		})
	}
}

// TestEachAlertHasItsRow: each alert has been seen to fire.
func TestEachAlertHasItsRow(t *testing.T) {
	t.Parallel()
	for _, r := range rules(t) {
		if !slices.ContainsFunc(rows, func(w row) bool { return w.alert == r.Alert && w.burn == r.Labels["burn"] }) {
			t.Errorf("no row tries %s, burn %q", r.Alert, r.Labels["burn"])
		}
	}
}

// TestQuiet: no alert fires without a fault.
func TestQuiet(t *testing.T) {
	t.Parallel()
	for _, r := range []row{
		{name: "an API without requests", alert: "api-errors", burn: "fast", step: minute, clears: 90 * minute,
			series: []string{requests + `"200"} 5x90`}},
		{name: "the one failure of a quiet night", alert: "api-errors", burn: "fast", step: minute, clears: 90 * minute,
			series: []string{requests + `"200"} 0x80 1x10`, requests + `"500"} 0x80 1x10`}},
		{name: "probes that fail, which are answers", alert: "api-errors", burn: "fast", step: minute, clears: 90 * minute,
			series: []string{requests + `"200"} 0+60x90`, `http_server_request_duration_seconds_count{http_route="/api/ready",http_response_status_code="503"} 0+60x90`}},
		{name: "streams, which last", alert: "api-latency", burn: "fast", step: minute, clears: 90 * minute,
			series: []string{requests + `"200"} 0+60x90`, quick + ` 0+60x90`,
				`http_server_request_duration_seconds_count{http_route="/api/events",http_response_status_code="200"} 0+60x90`}},
		{name: "one of two workers hangs, and the other does its work", alert: "worker-heartbeat", step: minute, clears: 30 * minute,
			series: []string{`fualab_heartbeat_timestamp_seconds{instance="a"} 0+60x30`, `fualab_heartbeat_timestamp_seconds{instance="b"} 0x30`}},
		{name: "a task that is paused", alert: "task-items-expire", step: minute, clears: 60 * minute,
			series: []string{`fualab_task_last_success_timestamp_seconds{task="items.expire"} 0x60`}},
		{name: "a cache that cannot hear since Redis is lost", alert: "cache-incoherent", step: minute, clears: 30 * minute,
			series: []string{`fualab_cache_incoherent{instance="a"} 1x30`, `fualab_redis_up{instance="a"} 0x30`}},
		{name: "a person who mistypes a token", alert: "security-events", step: minute, clears: 60 * minute,
			series: []string{`fualab_security_events_total{event="token_refused",instance="a"} 0x20 5x40`}},
		{name: "no Redis by choice", alert: "redis-lost", step: minute, clears: 30 * minute, series: []string{`fualab_cache_incoherent{instance="a"} 0x30`}},
		{name: "a database on Postgres, whose disk is not here", alert: "disk-space", step: minute, clears: 30 * minute, series: []string{`fualab_redis_up 1x30`}},
	} {
		t.Run(r.alert+"/"+r.name, func(t *testing.T) {
			t.Parallel()
			w := newWatch(rule(t, r.alert, r.burn), load(t, r.step, r.series...))
			for at := time.Duration(0); at <= r.clears; at += r.step {
				if firing := w.at(t.Context(), t, time.Unix(0, 0).Add(at)); len(firing) > 0 {
					t.Fatalf("at %s it fires: %v", at, firing)
				}
			}
		})
	}
}

// silent is a task that succeeds ten times, fails for five intervals, and
// succeeds again.
func silent(task string, interval time.Duration) row {
	n := int64(interval / time.Second)
	labels := fmt.Sprintf("{task=%q,instance=\"a\"}", task)
	return row{
		name: "no success for five intervals", alert: "task-" + strings.ReplaceAll(task, ".", "-"), step: interval,
		series: []string{
			fmt.Sprintf("fualab_task_last_success_timestamp_seconds%s 0+%dx10 %dx4 %d+%dx5", labels, n, 10*n, 16*n, n),
			fmt.Sprintf("fualab_task_due_timestamp_seconds%s %d+%dx25", labels, n, n),
		},
		quiet: 13 * interval, fires: 15 * interval, clears: 16 * interval,
	}
}

// load makes a storage of series.
func load(t *testing.T, step time.Duration, all ...string) *memory {
	t.Helper()
	m := newMemory()
	for _, text := range all {
		l, values, err := language.ParseSeriesDesc(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for i, v := range values {
			if !v.Omitted {
				m.add(l, time.Unix(0, 0).Add(time.Duration(i)*step), v.Value)
			}
		}
	}
	return m
}

// named returns want, a label and its value, if l has it, otherwise l's labels.
func named(l labels.Labels, want string) string {
	for name := range l.Map() {
		if got := name + "=" + l.Get(name); got == want {
			return got
		}
	}
	return l.String()
}
