package telemetry

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/fualab/fualab/shared/httpserver"
)

// emfEvery is the time between two lines. CloudWatch's metrics have a
// resolution of a minute.
const emfEvery = time.Minute

// emfNamespace is the namespace of all metrics in CloudWatch.
const emfNamespace = "FUALab"

// EMF configures the lines for CloudWatch.
type EMF struct {
	Service     string // the dimensions' values
	Environment string // "" for no lines
}

// emf writes the metrics of AWS alarms as lines in CloudWatch's embedded metric
// format
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
// A log group turns them into metrics, without an agent. Each metric has only
// the dimensions Service and Environment, because each additional one costs
// money.
type emf struct {
	EMF
	to     io.Writer
	from   prometheus.Gatherer
	log    *slog.Logger
	before requestTotals
	events float64 // security events up to the last line
}

// emfMetric is a metric's name and unit.
type emfMetric struct {
	Name string
	Unit string
}

// run writes a line a minute until ctx ends.
func (e *emf) run(ctx context.Context) {
	ticker := time.NewTicker(emfEvery)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			e.write(ctx, now)
		case <-ctx.Done():
			return
		}
	}
}

func (e *emf) write(ctx context.Context, now time.Time) {
	families, _ := e.from.Gather() // failing collectors are omitted; alarms notice missing metrics
	line, err := e.line(families, now)
	if err == nil {
		_, err = e.to.Write(line)
	}
	if err != nil {
		e.log.WarnContext(ctx, "cannot write metrics to standard output", "error", err)
	}
}

// line returns one object with its line end.
func (e *emf) line(families []*dto.MetricFamily, now time.Time) ([]byte, error) {
	byName := make(map[string]*dto.MetricFamily, len(families))
	for _, f := range families {
		byName[f.GetName()] = f
	}
	object := map[string]any{"Service": e.Service, "Environment": e.Environment}
	metrics := []emfMetric{}
	add := func(name, unit string, value float64, known bool) {
		if known && !math.IsNaN(value) && !math.IsInf(value, 0) {
			metrics = append(metrics, emfMetric{name, unit})
			object[name] = value
		}
	}
	seconds := float64(now.UnixMilli()) / 1000
	add("Up", "Count", 1, true)
	e.addRequests(byName["http_server_request_duration_seconds"], add)
	e.addEvents(byName["fualab_security_events_total"], add)
	beat, beats := one(byName["fualab_heartbeat_timestamp_seconds"])
	add("HeartbeatAgeSeconds", "Seconds", max(0, seconds-beat), beats)
	age, known := one(byName["fualab_queue_age_seconds"])
	add("QueueAgeSeconds", "Seconds", age, known)
	for _, f := range families {
		if of, ok := strings.CutSuffix(strings.TrimPrefix(f.GetName(), "fualab_"), "_backlog_age_seconds"); ok {
			age, known := one(f)
			add(camel(of)+"BacklogAgeSeconds", "Seconds", age, known)
		}
	}
	incoherent, known := one(byName["fualab_cache_incoherent"])
	add("CacheIncoherent", "Count", incoherent, known)
	used, most, known := pool(byName)
	add("DatabaseConnectionsPercent", "Percent", 100*used/most, known && most > 0)
	for _, m := range byName["fualab_task_last_success_timestamp_seconds"].GetMetric() {
		add(camel(label(m, "task"))+"SuccessAgeSeconds", "Seconds", max(0, seconds-m.GetGauge().GetValue()), true)
	}
	object["_aws"] = map[string]any{
		"Timestamp": now.UnixMilli(),
		"CloudWatchMetrics": []map[string]any{{
			"Namespace": emfNamespace, "Dimensions": [][]string{{"Service", "Environment"}}, "Metrics": metrics,
		}},
	}
	line, err := json.Marshal(object)
	return append(line, '\n'), err
}

// camel makes RunsPrune of runs.prune.
func camel(task string) string {
	var b strings.Builder
	for part := range strings.FieldsFuncSeq(task, func(r rune) bool { return r == '.' || r == '_' || r == '-' }) {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// addRequests adds the requests since the last line.
func (e *emf) addRequests(f *dto.MetricFamily, add func(name, unit string, value float64, known bool)) {
	if f == nil {
		return
	}
	now := totalsOf(f)
	since := now.since(e.before)
	e.before = now
	add("Requests", "Count", since.all, true)
	add("ServerErrors", "Count", since.failed, true)
	p99, known := since.quantile(0.99)
	add("LatencyP99Seconds", "Seconds", p99, known)
}

// addEvents adds the security events since the last line.
func (e *emf) addEvents(f *dto.MetricFamily, add func(name, unit string, value float64, known bool)) {
	now := 0.0
	for _, m := range f.GetMetric() {
		now += m.GetCounter().GetValue()
	}
	add("SecurityEvents", "Count", now-e.events, f != nil)
	e.events = now
}

// requestTotals counts the requests so far.
type requestTotals struct {
	all, failed float64
	timed       float64   // without streams, because their duration depends on the subscriber
	bounds      []float64 // of the buckets
	within      []float64 // cumulative counts of timed, by bound
}

const streamRoute = "/api/events"

func totalsOf(f *dto.MetricFamily) requestTotals {
	var t requestTotals
	for _, m := range f.GetMetric() {
		h, route := m.GetHistogram(), label(m, "http_route")
		if httpserver.IsProbe(route) {
			continue // no client waits for these
		}
		n := float64(h.GetSampleCount())
		t.all += n
		if strings.HasPrefix(label(m, "http_response_status_code"), "5") {
			t.failed += n
		}
		if route == streamRoute {
			continue
		}
		t.timed += n
		for i, b := range h.GetBucket() {
			if i == len(t.bounds) {
				t.bounds, t.within = append(t.bounds, b.GetUpperBound()), append(t.within, 0)
			}
			t.within[i] += float64(b.GetCumulativeCount())
		}
	}
	return t
}

func (t requestTotals) since(before requestTotals) requestTotals {
	t.all, t.failed, t.timed = t.all-before.all, t.failed-before.failed, t.timed-before.timed
	within := make([]float64, len(t.within))
	for i, n := range t.within {
		within[i] = n
		if i < len(before.within) {
			within[i] -= before.within[i]
		}
	}
	t.within = within
	return t
}

// quantile estimates the duration that the part q of the requests do not
// exceed. It interpolates within a bucket, and returns the highest bound for
// requests beyond it. known is false without requests.
func (t requestTotals) quantile(q float64) (bound float64, known bool) {
	if t.timed <= 0 || len(t.bounds) == 0 {
		return 0, false
	}
	rank, low, before := q*t.timed, 0.0, 0.0
	for i, n := range t.within {
		if n >= rank {
			return low + (t.bounds[i]-low)*(rank-before)/(n-before), true
		}
		low, before = t.bounds[i], n
	}
	return t.bounds[len(t.bounds)-1], true
}

// one returns the value of a gauge without labels.
func one(f *dto.MetricFamily) (value float64, known bool) {
	if len(f.GetMetric()) != 1 {
		return 0, false
	}
	return f.GetMetric()[0].GetGauge().GetValue(), true
}

// pool returns the number of busy connections to the database, and the maximum.
func pool(byName map[string]*dto.MetricFamily) (used, most float64, known bool) {
	most, known = one(byName["db_client_connection_max"])
	for _, m := range byName["db_client_connection_count"].GetMetric() {
		if label(m, "state") == "used" {
			used = m.GetGauge().GetValue()
		}
	}
	return used, most, known
}

func label(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}
