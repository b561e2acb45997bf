package telemetry

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/log"
)

// TestEMF checks an API's lines against CloudWatch's specification. Each line
// counts from the previous one.
func TestEMF(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	api := &Telemetry{registry: registry, events: newEvents()}
	watchers, err := api.Requests()
	if err != nil {
		t.Fatal(err)
	}
	answer := func(route string, status, n int, took time.Duration) {
		for range n {
			watchers[0].End(t.Context(), httpserver.Answered{Method: "GET", Route: route, Status: status, Took: took})
		}
	}
	var out bytes.Buffer
	e := &emf{EMF: EMF{Service: "api", Environment: "dev"}, to: &out, from: registry, log: slog.New(slog.DiscardHandler)}
	now := time.Unix(1_800_000_000, 0)

	answer("/api/things", 200, 98, 2*time.Millisecond)
	answer("/api/things", 503, 2, 700*time.Millisecond)
	answer("/api/events", 200, 1, time.Hour)
	answer("/ready", 503, 50, time.Minute)
	e.write(t.Context(), now)
	answer("", 404, 3, time.Millisecond/2)
	watchers[0].End(t.Context(), httpserver.Answered{Method: "GET", Status: 401, Took: time.Millisecond / 2, Event: log.TokenRefused})
	api.Note(log.LimitReached)
	e.write(t.Context(), now.Add(time.Minute))
	e.write(t.Context(), now.Add(2*time.Minute))

	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	want := []map[string]float64{
		{"Up": 1, "Requests": 101, "ServerErrors": 2, "LatencyP99Seconds": 0.75, "SecurityEvents": 0},
		{"Up": 1, "Requests": 4, "ServerErrors": 0, "LatencyP99Seconds": 0.00099, "SecurityEvents": 2},
		{"Up": 1, "Requests": 0, "ServerErrors": 0, "SecurityEvents": 0}, // no latency without requests
	}
	if len(lines) != len(want) {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		got := checkEMF(t, line, now.Add(time.Duration(i)*time.Minute), "api", "dev")
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("line %d (-want +got):\n%s", i+1, diff)
		}
	}
}

func TestEMFOfWorker(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	registry := prometheus.NewRegistry()
	success := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "fualab_task_last_success_timestamp_seconds"}, []string{"task"})
	success.WithLabelValues("test.enrich").Set(float64(now.Unix() - 90))
	success.WithLabelValues("runs.prune").Set(float64(now.Unix() + 5)) // by another machine's clock
	connections := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "db_client_connection_count"}, []string{"state"})
	connections.WithLabelValues("used").Set(3)
	registry.MustRegister(success, connections)
	for name, value := range map[string]float64{
		"fualab_heartbeat_timestamp_seconds": float64(now.Unix() - 7), "fualab_queue_age_seconds": 12, "fualab_enrich_backlog_age_seconds": 34,
		"db_client_connection_max": 8,
	} {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name})
		g.Set(value)
		registry.MustRegister(g)
	}
	var out bytes.Buffer
	(&emf{EMF: EMF{Service: "worker", Environment: "prod"}, to: &out, from: registry, log: slog.New(slog.DiscardHandler)}).write(t.Context(), now)
	want := map[string]float64{
		"Up": 1, "HeartbeatAgeSeconds": 7, "QueueAgeSeconds": 12, "EnrichBacklogAgeSeconds": 34, "DatabaseConnectionsPercent": 37.5,
		"TestEnrichSuccessAgeSeconds": 90, "RunsPruneSuccessAgeSeconds": 0,
	}
	if diff := cmp.Diff(want, checkEMF(t, strings.TrimSuffix(out.String(), "\n"), now, "worker", "prod")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// checkEMF checks a line against CloudWatch's specification, and returns its
// metrics.
func checkEMF(t *testing.T, line string, at time.Time, service, environment string) map[string]float64 {
	t.Helper()
	var root map[string]any
	var head struct {
		AWS struct {
			Timestamp         *int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
	}
	if err := json.Unmarshal([]byte(line), &root); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if err := json.Unmarshal([]byte(line), &head); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if len(line) > 1<<20 || strings.ContainsAny(line, "\n\r") {
		t.Error("a line is longer than CloudWatch takes, or several")
	}
	if ts := head.AWS.Timestamp; ts == nil || *ts != at.UnixMilli() {
		t.Errorf("Timestamp in %s; want milliseconds since 1970", line)
	}
	if len(head.AWS.CloudWatchMetrics) != 1 {
		t.Fatalf("%d directives", len(head.AWS.CloudWatchMetrics))
	}
	directive := head.AWS.CloudWatchMetrics[0]
	if directive.Namespace != "FUALab" {
		t.Errorf("namespace %q", directive.Namespace)
	}
	if diff := cmp.Diff([][]string{{"Service", "Environment"}}, directive.Dimensions); diff != "" {
		t.Errorf("dimensions (-want +got):\n%s", diff)
	}
	if root["Service"] != service || root["Environment"] != environment {
		t.Errorf("the dimensions are %v and %v", root["Service"], root["Environment"])
	}
	if n := len(directive.Metrics); n == 0 || n > 100 {
		t.Errorf("%d metrics; a directive takes from 1 to 100", n)
	}
	got := make(map[string]float64)
	for _, m := range directive.Metrics {
		value, ok := root[m.Name].(float64)
		if !ok || len(m.Name) > 1024 || !slices.Contains([]string{"Seconds", "Count", "Percent"}, m.Unit) {
			t.Errorf("metric %q in %q is %v", m.Name, m.Unit, root[m.Name])
		}
		got[m.Name] = math.Round(value*1e6) / 1e6
	}
	if extra := len(root) - len(got) - 3; extra != 0 {
		t.Errorf("%d members that no directive names: %s", extra, line)
	}
	return got
}
