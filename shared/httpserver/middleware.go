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

// requestID is what a client's own X-Request-Id must look like to be kept.
var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Observed gives each request an id, the client's own or a new one, in its
// context and in the answer's X-Request-Id, and writes one line about it, also
// about one that is aborted. It logs a panic of next with its stack, and has
// answer tell the client; an answer that has begun is aborted instead, so that
// the client does not take half of it for the whole.
//
// Handlers set the route of the line by log.RequestOf, and the caller. Each of
// watchers is told of the request as well.
func Observed(next http.Handler, logger *slog.Logger, answer http.HandlerFunc, watchers ...Watcher) http.Handler {
	return &observer{next, logger, answer, watchers}
}

// Watcher is told of requests, beside the log.
type Watcher interface {
	// Begin returns the context in which r is served.
	Begin(ctx context.Context, r *http.Request) context.Context
	// End gets that context, once the answer is out.
	End(ctx context.Context, a Answered)
}

// Answered is a request that has been answered.
type Answered struct {
	Method string // as the client sent it: anything
	Route  string // the pattern that matched, "" for none
	Status int
	Took   time.Duration
	Event  log.Event // the security event that it was, "" for none
}

type observer struct {
	next     http.Handler
	log      *slog.Logger
	answer   http.HandlerFunc
	watchers []Watcher
}

var noSniff = []string{"nosniff"} // shared by all answers

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

// end tells of the request, also of one that is aborted.
func (o *observer) end(r *http.Request, x *exchange, begin time.Time) {
	now := time.Now()
	o.note(r, x, now, now.Sub(begin))
	for _, watcher := range o.watchers {
		watcher.End(r.Context(), Answered{Method: r.Method, Route: x.request.Route, Status: x.status, Took: now.Sub(begin), Event: x.request.Event})
	}
}

// note writes the line. It goes past the Logger's methods, which look up their
// caller each time.
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
	if x.status < http.StatusMultipleChoices { // so that it exists, and is no text of the client's own
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

// IsProbe reports the paths that health checks ask every few seconds.
func IsProbe(path string) bool {
	switch path {
	case "/health", "/api/health", "/ready", "/api/ready":
		return true
	}
	return false
}

// rescue recovers; it is to be deferred itself.
func (o *observer) rescue(x *exchange, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler { //nolint:errorlint // net/http's own sentinel, compared as it does
		panic(v)
	}
	if err, ok := v.(error); ok && x.lost != nil && errors.Is(err, x.lost) {
		// huma panics when it cannot write: no fault of the server.
		panic(http.ErrAbortHandler)
	}
	o.log.ErrorContext(r.Context(), "panic", "value", fmt.Sprint(v), "stack", string(debug.Stack()))
	if x.begun {
		panic(http.ErrAbortHandler)
	}
	o.answer(x, r)
}

// exchange is a request and how far its answer got.
type exchange struct {
	http.ResponseWriter
	request log.Request
	status  int
	begun   bool
	bytes   int64
	lost    error // of the write that failed: the client is gone
}

// WriteHeader also takes the 499 with which huma notes that the client went
// away while it was answered: for the log alone.
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
