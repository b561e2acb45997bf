package database

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
)

// slowLog warns of queries that take longer than threshold. It hooks into pgx
// on Postgres, so River's queries count too, and into bun on SQLite. It removes
// literals, because most statements contain their arguments.
type slowLog struct {
	threshold time.Duration
	log       *slog.Logger
}

type startedKey struct{}

// started is a running query on Postgres.
type started struct {
	sql string
	at  time.Time
}

func (h *slowLog) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, startedKey{}, &started{q.SQL, time.Now()})
}

func (h *slowLog) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryEndData) {
	if s, ok := ctx.Value(startedKey{}).(*started); ok {
		h.ended(ctx, s.sql, s.at, q.Err)
	}
}

func (h *slowLog) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (h *slowLog) AfterQuery(ctx context.Context, e *bun.QueryEvent) {
	h.ended(ctx, e.Query, e.StartTime, e.Err)
}

func (h *slowLog) ended(ctx context.Context, query string, begin time.Time, err error) {
	took := time.Since(begin)
	if took < h.threshold || ctx.Err() != nil {
		return // the caller reports a query that it cancelled
	}
	h.log.WarnContext(ctx, "slow query",
		"query", withoutLiterals(query),
		"duration_ms", took.Milliseconds(),
		"failed", err != nil)
}

// literal matches possible user data: quoted strings, with doubled quotes
// inside, and numbers outside names.
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
