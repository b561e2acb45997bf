// Package tracing makes spans below those that are there, and carries them from
// process to process as W3C Trace Context. What begins a trace, and where traces
// go, is package telemetry's; where there is none, nothing here does anything.
package tracing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Scope names FUALab's spans.
const Scope = "github.com/fualab/fualab"

// Start begins a span below that of ctx, if that one is recorded in this
// process. Otherwise it returns ctx, and a span that does nothing. The span may
// outlive the one above.
func Start(ctx context.Context, name string, kind trace.SpanKind, attributes ...attribute.KeyValue) (context.Context, trace.Span) {
	above := trace.SpanFromContext(ctx)
	if !above.SpanContext().IsSampled() {
		return ctx, noop.Span{}
	}
	return above.TracerProvider().Tracer(Scope).Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...))
}

// Traced reports whether ctx belongs to a trace that is recorded.
func Traced(ctx context.Context) bool { return trace.SpanContextFromContext(ctx).IsSampled() }

// End ends span, which failed if err is not nil. The error itself is the log's:
// it may hold what is nobody's business where traces are kept.
func End(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// Over returns ctx with the span that from has, which may have ended.
func Over(ctx, from context.Context) context.Context {
	if !Traced(from) {
		return ctx
	}
	return trace.ContextWithSpan(ctx, trace.SpanFromContext(from))
}

const header = "traceparent"

// Parent returns the span of ctx as W3C's traceparent, "" if it is in no trace
// that is recorded.
func Parent(ctx context.Context) string {
	if !Traced(ctx) {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier[header]
}

// Below returns ctx below the span that Parent returned, perhaps in another
// process. What is no traceparent changes nothing.
func Below(ctx context.Context, parent string) context.Context {
	if parent == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{header: parent})
}
