package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/httpserver"
)

// requestTimeout bounds the work for one request; the database is told.
const requestTimeout = 15 * time.Second

// middleware is what every request passes, outermost first.
func middleware(router http.Handler, logger *slog.Logger) http.Handler {
	h := httpserver.Recovered(router, logger, func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, problemOf(r.Context(), errs.New(errs.Internal, "")))
	})
	h = headAsGet(h)
	h = bounded(h, requestTimeout)
	h = logged(h, logger)
	return httpserver.Identified(h)
}

type routeKey struct{}

// noteRoute tells logged which route matched: the pattern, never the path.
func noteRoute(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if route, ok := r.Context().Value(routeKey{}).(*string); ok {
			if pattern, err := mux.CurrentRoute(r).GetPathTemplate(); err == nil {
				*route = pattern
			}
		}
		next.ServeHTTP(w, r)
	})
}

// logged writes one line a request.
func logged(next http.Handler, logger *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin, route := time.Now(), "none"
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(rec, r.WithContext(context.WithValue(r.Context(), routeKey{}, &route)))
		level := slog.LevelInfo
		if isProbe(route) {
			level = slog.LevelDebug
		}
		logger.Log(r.Context(), level, "request",
			"method", r.Method, "route", route, "status", rec.status, "bytes", rec.bytes,
			"duration_ms", float64(time.Since(begin).Microseconds())/1000)
	})
}

// isProbe reports the routes that health checks ask every few seconds.
func isProbe(route string) bool {
	switch route {
	case "/health", "/api/health", "/ready", "/api/ready":
		return true
	}
	return false
}

type unboundedKey struct{}

// bounded ends the request's context when its time is up.
func bounded(next http.Handler, timeout time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), unboundedKey{}, r.Context()), timeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// unbounded returns the context of a request without the bound of its time,
// for an answer that has no end of its own. It ends when the client goes.
func unbounded(ctx context.Context) context.Context {
	if free, ok := ctx.Value(unboundedKey{}).(context.Context); ok {
		return free
	}
	return ctx
}

type headKey struct{}

// isHead reports whether the client wants no body, for a handler that would
// take long to make one.
func isHead(ctx context.Context) bool { return ctx.Value(headKey{}) != nil }

// headAsGet answers HEAD wherever GET is; net/http keeps the body back.
func headAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(context.WithValue(r.Context(), headKey{}, true))
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
