package database

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/fualab/fualab/shared/tracing"
)

// spans makes a span for each statement of a trace. It hooks into pgx on
// Postgres, so River's statements count too, and into bun on SQLite.
type spans struct{ system string }

type spanKey struct{}

func (s spans) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	return s.begin(ctx, q.SQL)
}

func (s spans) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryEndData) {
	end(ctx, q.Err)
}

func (s spans) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	return s.begin(ctx, e.Query)
}

func (s spans) AfterQuery(ctx context.Context, e *bun.QueryEvent) { end(ctx, e.Err) }

func (s spans) begin(ctx context.Context, query string) context.Context {
	if !tracing.Traced(ctx) {
		return ctx
	}
	query = withoutLiterals(query)
	verb, _, _ := strings.Cut(query, " ")
	// A statement's span has no children. bun would pass the context of BEGIN
	// on to the transaction's statements.
	_, span := tracing.Start(ctx, strings.ToUpper(verb), trace.SpanKindClient,
		attribute.String("db.system.name", s.system), attribute.String("db.query.text", query))
	return context.WithValue(ctx, spanKey{}, span)
}

func end(ctx context.Context, err error) {
	if span, ok := ctx.Value(spanKey{}).(trace.Span); ok {
		tracing.End(span, err)
	}
}
