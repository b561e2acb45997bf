package runner

import (
	"context"

	"github.com/riverqueue/river/rivertype"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/tracing"
)

// traceNudge begins the span of a notification from a trace; its run is
// inserted within that span. A notification without a trace has none.
func (r *Runner) traceNudge(ctx context.Context, name string) (context.Context, trace.Span) {
	if r.cfg.Tracer == nil || !tracing.Traced(ctx) {
		return ctx, noop.Span{}
	}
	return r.cfg.Tracer.Start(ctx, "queue "+name, trace.WithSpanKind(trace.SpanKindProducer))
}

// traceRun begins the span of an attempt at job, as a child of the span that
// inserted job. A run of a schedule begins a new trace.
func (r *Runner) traceRun(ctx context.Context, job *rivertype.JobRow) (context.Context, trace.Span) {
	if r.cfg.Tracer == nil {
		return ctx, noop.Span{}
	}
	return r.cfg.Tracer.Start(runs.Below(ctx, job), "run "+job.Kind, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		attribute.String("fualab.task", job.Kind), attribute.Int64("fualab.run", job.ID), attribute.Int("fualab.attempt", job.Attempt)))
}
