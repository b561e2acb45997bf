package telemetry

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/proto"

	"github.com/fualab/fualab/shared/config"
)

// TestExport proves that the registry's metrics reach a collector, with OTLP's
// form of buckets.
func TestExport(t *testing.T) {
	t.Parallel()
	got := make(chan *metricspb.MetricsData, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil || r.Header.Get("Content-Encoding") != "gzip" || r.Header.Get("Api-Key") != "k" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		body, err := io.ReadAll(unpacked)
		data := new(metricspb.MetricsData)
		if err != nil || proto.Unmarshal(body, data) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		got <- data
	}))
	defer server.Close()
	registry := prometheus.NewRegistry()
	count := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "c_total"}, []string{"task"})
	count.WithLabelValues("test.task").Add(3)
	took := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "h_seconds", Buckets: []float64{1, 2}})
	for _, seconds := range []float64{.5, .5, 1.5, 9} {
		took.Observe(seconds)
	}
	level := prometheus.NewGauge(prometheus.GaugeOpts{Name: "g"})
	level.Set(7)
	registry.MustRegister(count, took, level)

	from, err := newResource(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	to := newCollector("metrics", config.OTLPSignal{URL: server.URL, Headers: config.Secrets{"api-key": "k"}, Timeout: 30 * time.Second, Gzip: true}, slog.New(slog.DiscardHandler))
	e := newExporter(to, registry, from)
	e.export(t.Context())
	if to.lost.Load() {
		t.Fatal("the collector refuses it")
	}
	data := (<-got).GetResourceMetrics()[0]
	attributes := make(map[string]string)
	for _, a := range data.GetResource().GetAttributes() {
		attributes[a.GetKey()] = a.GetValue().GetStringValue()
	}
	if attributes["service.name"] != "test" {
		t.Errorf("resource: %v", attributes)
	}
	metrics := data.GetScopeMetrics()[0].GetMetrics()
	if len(metrics) != 3 {
		t.Fatalf("%d metrics: %s", len(metrics), metrics)
	}
	sum := metrics[0].GetSum()
	if p := sum.GetDataPoints()[0]; !sum.GetIsMonotonic() || p.GetAsDouble() != 3 || p.GetAttributes()[0].GetValue().GetStringValue() != "test.task" {
		t.Errorf("counter: %s", metrics[0])
	}
	if v := metrics[1].GetGauge().GetDataPoints()[0].GetAsDouble(); v != 7 {
		t.Errorf("gauge: %s", metrics[1])
	}
	h := metrics[2].GetHistogram().GetDataPoints()[0]
	if diff := cmp.Diff([]uint64{2, 1, 1}, h.GetBucketCounts()); diff != "" || h.GetCount() != 4 || h.GetSum() != 11.5 {
		t.Errorf("histogram: %s\n%s", h, diff)
	}
	server.Close()
	if e.export(t.Context()); !to.lost.Load() {
		t.Error("a collector that is gone is not noticed")
	}
}
