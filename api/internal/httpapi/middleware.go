package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/httpserver"
)

// middleware is what every request passes, outermost first.
func middleware(router http.Handler, logger *slog.Logger) http.Handler {
	h := httpserver.Recovered(router, logger, func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, problemOf(r.Context(), errs.New(errs.Internal, "")))
	})
	h = headAsGet(h)
	h = joined(h)
	h = logged(h, logger)
	return httpserver.Identified(h)
}

type routeKey struct{}

// noteRoute tells logged which route matched: the pattern, never the path.
func noteRoute(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if pattern, err := mux.CurrentRoute(r).GetPathTemplate(); err == nil {
			setRoute(r.Context(), pattern)
		}
		next.ServeHTTP(w, r)
	})
}

func setRoute(ctx context.Context, pattern string) {
	if route, ok := ctx.Value(routeKey{}).(*string); ok {
		*route = pattern
	}
}

// logged writes one line a request, also for one that is aborted.
func logged(next http.Handler, logger *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin, route := time.Now(), "none"
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		ctx := r.Context()
		defer func() {
			level := slog.LevelInfo
			if isProbe(route) {
				level = slog.LevelDebug
			}
			logger.Log(ctx, level, "request",
				"method", r.Method, "route", route, "status", rec.status, "bytes", rec.bytes,
				"duration_ms", float64(time.Since(begin).Microseconds())/1000)
		}()
		next.ServeHTTP(rec, r.WithContext(context.WithValue(ctx, routeKey{}, &route)))
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

// joined makes one line of a list that came in several (RFC 9110, section
// 5.3): only the first would be read.
func joined(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"If-Match", "If-None-Match"} {
			if lines := r.Header.Values(name); len(lines) > 1 {
				r.Header.Set(name, strings.Join(lines, ", "))
			}
		}
		next.ServeHTTP(w, r)
	})
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
	sent   bool
	bytes  int64
}

// WriteHeader also takes the 499 with which huma notes that the client went
// away while it was answered: for the log alone.
func (r *recorder) WriteHeader(status int) {
	r.status = status
	if !r.sent {
		r.sent = true
		r.ResponseWriter.WriteHeader(status)
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.sent = true
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
