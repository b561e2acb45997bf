package telemetry

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/tracing"
	"github.com/fualab/fualab/shared/version"
)

// newResource describes the source of traces and metrics. OTEL_SERVICE_NAME and
// OTEL_RESOURCE_ATTRIBUTES override it.
func newResource(ctx context.Context, service string) (*resource.Resource, error) {
	r, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", service), attribute.String("service.version", version.String())),
		resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: must be key=value pairs, separated by commas: %w", err)
	}
	return r, nil
}

// newTracing returns a provider that sends spans to the collector in batches.
// OTEL_TRACES_SAMPLER selects the spans, and OTEL_BSP_* sets the batches.
func newTracing(r *resource.Resource, to *collector) *sdktrace.TracerProvider {
	return sdktrace.NewTracerProvider(sdktrace.WithResource(r), sdktrace.WithBatcher(otlptrace.NewUnstarted(to)))
}

// flushTime is the longest wait for a collector at the end of a process.
const flushTime = 3 * time.Second

// Tracer begins traces. It is nil if tracing is off.
func (t *Telemetry) Tracer() trace.Tracer {
	if t == nil || t.spans == nil {
		return nil
	}
	return t.spans.Tracer(tracing.Scope)
}

// server makes a span of each request, below the client's span.
type server struct{ tracer trace.Tracer }

// begun are the options of all spans of server.
var begun = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer)}

// Begin implements httpserver.Watcher.
func (s server) Begin(ctx context.Context, r *http.Request) context.Context {
	if r.Header["Traceparent"] != nil {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
	}
	ctx, _ = s.tracer.Start(ctx, Method(r.Method), begun...)
	return ctx
}

// End implements httpserver.Watcher.
func (s server) End(ctx context.Context, a httpserver.Answered) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	method := Method(a.Method)
	attributes := append(make([]attribute.KeyValue, 0, 3),
		attribute.String("http.request.method", method), attribute.Int("http.response.status_code", a.Status))
	if a.Route != "" {
		span.SetName(method + " " + a.Route)
		attributes = append(attributes, attribute.String("http.route", a.Route))
	}
	span.SetAttributes(attributes...)
	if a.Status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
