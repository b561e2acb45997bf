package database

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// slowLog warns of queries that take longer than threshold. bun writes the
// arguments into the statement, so the statement is logged without literals.
type slowLog struct {
	threshold time.Duration
	log       *slog.Logger
}

func (h *slowLog) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (h *slowLog) AfterQuery(ctx context.Context, e *bun.QueryEvent) {
	took := time.Since(e.StartTime)
	if took < h.threshold || ctx.Err() != nil {
		return // a query that its caller gave up is the caller's to report
	}
	h.log.WarnContext(ctx, "slow query",
		"query", withoutLiterals(e.Query),
		"duration_ms", took.Milliseconds(),
		"failed", e.Err != nil)
}

// literal matches what may hold a user's data: quoted strings, with doubled
// quotes inside, and numbers that are not part of a name.
var literal = regexp.MustCompile(`'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b`)

// maxLoggedQuery bounds a log line: a batch insert has thousands of values.
const maxLoggedQuery = 500

func withoutLiterals(query string) string {
	query = strings.Join(strings.Fields(literal.ReplaceAllString(query, "?")), " ")
	if len(query) > maxLoggedQuery {
		query = strings.ToValidUTF8(query[:maxLoggedQuery], "") + "…"
	}
	return query
}
