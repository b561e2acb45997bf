package httpserver

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/fualab/fualab/shared/log"
)

// requestID is the accepted form of a client's own X-Request-Id.
var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Observed gives each request an id, the client's own or a new one. The id is
// in the context, in the response's X-Request-Id, and in the request's one log
// line; an aborted request has a line, too. Observed logs a panic of next with
// its stack and calls answer. If a response has begun, Observed aborts it
// instead, so that the client does not take a part for the whole.
//
// Handlers set the route of the line by log.RequestOf, and the caller. Each of
// watchers observes the request as well.
func Observed(next http.Handler, logger *slog.Logger, answer http.HandlerFunc, watchers ...Watcher) http.Handler {
	return &observer{next, logger, answer, watchers}
}

// Watcher observes requests, beside the log.
type Watcher interface {
	// Begin returns the context of the request.
	Begin(ctx context.Context, r *http.Request) context.Context
	// End gets that context, after the response.
	End(ctx context.Context, a Answered)
}

// Answered is a request with its response.
type Answered struct {
	Method string // as the client sent it; unchecked
	Route  string // the pattern that matched, "" for none
	Status int
	Took   time.Duration
	Event  log.Event // the security event of the request, "" for none
}

type observer struct {
	next     http.Handler
	log      *slog.Logger
	answer   http.HandlerFunc
	watchers []Watcher
}

var noSniff = []string{"nosniff"} // all responses share it

func (o *observer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	x := &exchange{ResponseWriter: w, status: http.StatusOK}
	x.request.ID = r.Header.Get("X-Request-Id")
	if x.request.ID == "" || !requestID.MatchString(x.request.ID) {
		x.request.ID = rand.Text()
	}
	w.Header()["X-Request-Id"] = []string{x.request.ID}
	w.Header()["X-Content-Type-Options"] = noSniff
	ctx := log.WithRequest(r.Context(), &x.request)
	for _, watcher := range o.watchers {
		ctx = watcher.Begin(ctx, r)
	}
	r = r.WithContext(ctx)
	defer o.end(r, x, begin)
	defer o.rescue(x, r)
	o.next.ServeHTTP(x, r)
}

// end reports the request, also an aborted one.
func (o *observer) end(r *http.Request, x *exchange, begin time.Time) {
	now := time.Now()
	o.note(r, x, now, now.Sub(begin))
	for _, watcher := range o.watchers {
		watcher.End(r.Context(), Answered{Method: r.Method, Route: x.request.Route, Status: x.status, Took: now.Sub(begin), Event: x.request.Event})
	}
}

// note writes the line. It bypasses the Logger's methods, because they look up
// their caller each time.
func (o *observer) note(r *http.Request, x *exchange, now time.Time, took time.Duration) {
	ctx, level, route := r.Context(), slog.LevelInfo, cmp.Or(x.request.Route, "none")
	if IsProbe(route) {
		level = slog.LevelDebug
	}
	h := o.log.Handler()
	if !h.Enabled(ctx, level) {
		return
	}
	line := slog.NewRecord(now, level, "request", 0)
	line.AddAttrs(
		slog.String("method", r.Method), slog.String("route", route), slog.Int("status", x.status), slog.Int64("bytes", x.bytes),
		slog.Int64("duration_us", took.Microseconds()))
	record := ""
	if x.status < http.StatusMultipleChoices { // the path exists, so it is not the client's own text
		record = x.request.Record
		if location := x.Header().Get("Location"); record == "" && location != "" {
			record = path.Base(location)
		}
	}
	for _, known := range [...]struct{ name, value string }{
		{"caller", x.request.Caller}, {"address", x.request.Address}, {"record", record}, {"event", string(x.request.Event)},
	} {
		if known.value != "" {
			line.AddAttrs(slog.String(known.name, known.value))
		}
	}
	_ = h.Handle(ctx, line) // as Logger does
}

// IsProbe reports the paths of health checks, which are requested every few
// seconds.
func IsProbe(path string) bool {
	switch path {
	case "/health", "/api/health", "/ready", "/api/ready":
		return true
	}
	return false
}

// rescue recovers from a panic. It must be the deferred function itself.
func (o *observer) rescue(x *exchange, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler { //nolint:errorlint // net/http's own sentinel, compared as it does
		panic(v)
	}
	if err, ok := v.(error); ok && x.lost != nil && errors.Is(err, x.lost) {
		// huma panics when it cannot write; that is not a fault of the server.
		panic(http.ErrAbortHandler)
	}
	o.log.ErrorContext(r.Context(), "panic", "value", fmt.Sprint(v), "stack", string(debug.Stack()))
	if x.begun {
		panic(http.ErrAbortHandler)
	}
	o.answer(x, r)
}

// exchange is a request and the state of its response.
type exchange struct {
	http.ResponseWriter
	request log.Request
	status  int
	begun   bool
	bytes   int64
	lost    error // the error of a failed write: the client has disconnected
}

// WriteHeader also accepts 499, for the log alone: huma sets it when the client
// has disconnected.
func (x *exchange) WriteHeader(status int) {
	x.status = status
	if !x.begun {
		x.begun = true
		x.ResponseWriter.WriteHeader(status)
	}
}

func (x *exchange) Write(p []byte) (int, error) {
	x.begun = true
	n, err := x.ResponseWriter.Write(p)
	x.bytes += int64(n)
	if err != nil {
		x.lost = err
	}
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }
