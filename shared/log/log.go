// Package log builds FUALab's logger: slog in JSON, one object a line, with the
// service's name. Lines of a request have its id, and lines of a trace have the
// ids of trace and span.
package log

import (
	"context"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// Request describes the request of a context for the log.
type Request struct {
	ID     string
	Route  string // the matched pattern, never the path; "" before the match
	Caller string // the authenticated caller; "" for none

	Address string // the client's address, from trusted proxies or the connection
	Record  string // the id or name of the changed record, logged after a success
	Event   Event  // a security event; mostly ""
}

// Event is the name of a security event in a log line. The names are stable,
// because searches and alarms use them.
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

// WithRequest returns a context whose log lines have the id of r. The handler
// may set the route and the caller later.
func WithRequest(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestOf returns the Request of WithRequest in ctx, or an empty one.
func RequestOf(ctx context.Context) *Request {
	if r, ok := ctx.Value(requestKey{}).(*Request); ok {
		return r
	}
	return new(Request)
}

// RequestID returns the id of the request of ctx, or "".
func RequestID(ctx context.Context) string { return RequestOf(ctx).ID }

// New returns a logger that writes JSON lines to w from level upwards. The
// attribute service has the name of the service.
func New(w io.Writer, level slog.Leveler, service string) *slog.Logger {
	h := contextHandler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}), func() {}}
	if b, ok := w.(*Buffer); ok {
		h.flush = b.Flush
	}
	return slog.New(h).With("service", service)
}

// contextHandler adds the ids from the context to each record, and flushes the
// buffer at warnings.
type contextHandler struct {
	slog.Handler
	flush func()
}

func (h contextHandler) Handle(ctx context.Context, r slog.Record) error {
	if id := RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("request_id", id))
	}
	if span := trace.SpanContextFromContext(ctx); span.IsSampled() { // the ids of unsampled spans lead nowhere
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
