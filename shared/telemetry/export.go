package telemetry

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/sdk/resource"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"

	"github.com/fualab/fualab/shared/tracing"
)

// exporter sends the registry's metrics to a collector, once an interval and at
// the end.
type exporter struct {
	to       *collector
	from     prometheus.Gatherer
	resource *resourcepb.Resource
	began    time.Time
}

func newExporter(to *collector, from prometheus.Gatherer, r *resource.Resource) *exporter {
	e := &exporter{to: to, from: from, resource: new(resourcepb.Resource), began: time.Now()}
	for _, kv := range r.Attributes() {
		e.resource.Attributes = append(e.resource.Attributes, attributeOf(string(kv.Key), kv.Value.String()))
	}
	return e
}

// run exports until ctx ends, and then once more.
func (e *exporter) run(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			e.export(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
			defer cancel()
			e.export(last)
			return
		}
	}
}

func (e *exporter) export(ctx context.Context) {
	families, _ := e.from.Gather() // failing collectors are omitted
	e.to.send(ctx, e.dataOf(families, time.Now()))
}

func (e *exporter) dataOf(families []*dto.MetricFamily, now time.Time) *metricspb.MetricsData {
	m := make([]*metricspb.Metric, 0, len(families))
	for _, f := range families {
		if metric := e.metricOf(f, uint64(now.UnixNano())); metric != nil {
			m = append(m, metric)
		}
	}
	return &metricspb.MetricsData{ResourceMetrics: []*metricspb.ResourceMetrics{{
		Resource:     e.resource,
		ScopeMetrics: []*metricspb.ScopeMetrics{{Scope: &commonpb.InstrumentationScope{Name: tracing.Scope}, Metrics: m}},
	}}}
}

// metricOf returns nil for a summary, because OTLP has summaries only for
// legacy systems. Go's runtime has one, for garbage collection.
func (e *exporter) metricOf(f *dto.MetricFamily, now uint64) *metricspb.Metric {
	m := &metricspb.Metric{Name: f.GetName(), Description: f.GetHelp()}
	began := uint64(e.began.UnixNano())
	const total = metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
	switch f.GetType() {
	case dto.MetricType_COUNTER:
		sum := &metricspb.Sum{IsMonotonic: true, AggregationTemporality: total}
		for _, s := range f.GetMetric() {
			sum.DataPoints = append(sum.DataPoints, number(s, began, now, s.GetCounter().GetValue()))
		}
		m.Data = &metricspb.Metric_Sum{Sum: sum}
	case dto.MetricType_GAUGE:
		gauge := new(metricspb.Gauge)
		for _, s := range f.GetMetric() {
			gauge.DataPoints = append(gauge.DataPoints, number(s, 0, now, s.GetGauge().GetValue()))
		}
		m.Data = &metricspb.Metric_Gauge{Gauge: gauge}
	case dto.MetricType_HISTOGRAM:
		histogram := &metricspb.Histogram{AggregationTemporality: total}
		for _, s := range f.GetMetric() {
			histogram.DataPoints = append(histogram.DataPoints, distribution(s, began, now))
		}
		m.Data = &metricspb.Metric_Histogram{Histogram: histogram}
	default:
		return nil
	}
	return m
}

func number(s *dto.Metric, began, now uint64, value float64) *metricspb.NumberDataPoint {
	return &metricspb.NumberDataPoint{
		Attributes: attributesOf(s), StartTimeUnixNano: began, TimeUnixNano: now,
		Value: &metricspb.NumberDataPoint_AsDouble{AsDouble: value},
	}
}

// distribution converts Prometheus' buckets, which are cumulative, to OTLP's,
// which are not.
func distribution(s *dto.Metric, began, now uint64) *metricspb.HistogramDataPoint {
	h := s.GetHistogram()
	sum := h.GetSampleSum()
	p := &metricspb.HistogramDataPoint{
		Attributes: attributesOf(s), StartTimeUnixNano: began, TimeUnixNano: now, Count: h.GetSampleCount(), Sum: &sum,
	}
	var before uint64
	for _, b := range h.GetBucket() {
		p.ExplicitBounds = append(p.ExplicitBounds, b.GetUpperBound())
		p.BucketCounts = append(p.BucketCounts, b.GetCumulativeCount()-before)
		before = b.GetCumulativeCount()
	}
	p.BucketCounts = append(p.BucketCounts, h.GetSampleCount()-before)
	return p
}

func attributesOf(s *dto.Metric) []*commonpb.KeyValue {
	all := make([]*commonpb.KeyValue, 0, len(s.GetLabel()))
	for _, l := range s.GetLabel() {
		all = append(all, attributeOf(l.GetName(), l.GetValue()))
	}
	return all
}

func attributeOf(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}}
}
