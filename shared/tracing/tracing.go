// Package tracing makes child spans, and carries spans between processes as W3C
// Trace Context. Package telemetry begins traces and exports them. Without a
// trace, all functions do nothing.
package tracing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Scope is the instrumentation scope of FUALab's spans.
const Scope = "github.com/fualab/fualab"

// Start begins a child of the span of ctx, if this process records that span.
// Otherwise it returns ctx, and a span that does nothing. The span may outlive
// its parent.
func Start(ctx context.Context, name string, kind trace.SpanKind, attributes ...attribute.KeyValue) (context.Context, trace.Span) {
	above := trace.SpanFromContext(ctx)
	if !above.SpanContext().IsSampled() {
		return ctx, noop.Span{}
	}
	return above.TracerProvider().Tracer(Scope).Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...))
}

// Traced reports whether ctx belongs to a recorded trace.
func Traced(ctx context.Context) bool { return trace.SpanContextFromContext(ctx).IsSampled() }

// End ends span. The span has failed if err is not nil. The error itself goes
// to the log only, because it may be confidential.
func End(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// Over returns ctx with the span of from, which may have ended.
func Over(ctx, from context.Context) context.Context {
	if !Traced(from) {
		return ctx
	}
	return trace.ContextWithSpan(ctx, trace.SpanFromContext(from))
}

const header = "traceparent"

// Parent returns the span of ctx as W3C traceparent, or "" without a recorded
// trace.
func Parent(ctx context.Context) string {
	if !Traced(ctx) {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier[header]
}

// Below returns ctx below the span of parent, which Parent returned, perhaps in
// another process. An invalid traceparent changes nothing.
func Below(ctx context.Context, parent string) context.Context {
	if parent == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{header: parent})
}
