// Package log builds FUALab's logger: slog in JSON, one object a line, with
// the service's name and, where a request is being served, its id, and where
// one is being traced, those of trace and span.
package log

import (
	"context"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// Request is what the log calls the request that a context belongs to.
type Request struct {
	ID     string
	Route  string // the pattern that matched, never the path; "" until one has
	Caller string // the known caller; "" for none

	Address string // of the client, as far as proxies are trusted to tell it
	Record  string // the id or name of the record that it changes, logged after a success
	Event   Event  // a security event; mostly ""
}

// Event names a security event in a log line. The names are stable: searches
// and alarms use them.
type Event string

// The security events.
const (
	TokenCreated       Event = "token_created"
	TokenRevoked       Event = "token_revoked"
	TokenRefused       Event = "token_refused" // missing, malformed, unknown, expired or revoked
	ScopeRefused       Event = "scope_refused"
	LimitReached       Event = "limit_reached" // of requests, slots, bytes, connections or invalid tokens
	CrossOriginRefused Event = "cross_origin_refused"
)

// Events returns the names of all security events.
func Events() []Event {
	return []Event{TokenCreated, TokenRevoked, TokenRefused, ScopeRefused, LimitReached, CrossOriginRefused}
}

type requestKey struct{}

// WithRequest returns a context whose log lines carry the id of r. Who serves
// the request may set the route and the caller later.
func WithRequest(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestOf returns what WithRequest put into ctx, or an empty one.
func RequestOf(ctx context.Context) *Request {
	if r, ok := ctx.Value(requestKey{}).(*Request); ok {
		return r
	}
	return new(Request)
}

// RequestID returns the id of the request that ctx belongs to, or "".
func RequestID(ctx context.Context) string { return RequestOf(ctx).ID }

// New returns a logger that writes JSON lines to w from level upwards. The
// attribute service names the process that speaks.
func New(w io.Writer, level slog.Leveler, service string) *slog.Logger {
	h := contextHandler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}), func() {}}
	if b, ok := w.(*Buffer); ok {
		h.flush = b.Flush
	}
	return slog.New(h).With("service", service)
}

// contextHandler adds what the context knows to every record, and holds no
// warning back.
type contextHandler struct {
	slog.Handler
	flush func()
}

func (h contextHandler) Handle(ctx context.Context, r slog.Record) error {
	if id := RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("request_id", id))
	}
	if span := trace.SpanContextFromContext(ctx); span.IsSampled() { // of others nothing is kept that an id could lead to
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	err := h.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		h.flush()
	}
	return err
}

func (h contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextHandler{h.Handler.WithAttrs(attrs), h.flush}
}

func (h contextHandler) WithGroup(name string) slog.Handler {
	return contextHandler{h.Handler.WithGroup(name), h.flush}
}
