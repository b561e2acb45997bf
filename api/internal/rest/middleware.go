package rest

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/log"
)

// middleware is what every request passes, outermost first.
func middleware(router http.Handler, logger *slog.Logger, watchers ...httpserver.Watcher) http.Handler {
	return httpserver.Observed(joined(headAsGet(router)), logger, func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, problemOf(r.Context(), errs.New(errs.Internal, "")))
	}, watchers...)
}

// noteRoute tells the log which route matched: the pattern, never the path.
func noteRoute(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if pattern, err := mux.CurrentRoute(r).GetPathTemplate(); err == nil {
			log.RequestOf(r.Context()).Route = pattern
		}
		if r.Method != http.MethodGet {
			vars := mux.Vars(r)
			log.RequestOf(r.Context()).Record = cmp.Or(vars["id"], vars["name"])
		}
		next.ServeHTTP(w, r)
	})
}

// joined makes one line of a list that came in several (RFC 9110, section
// 5.3): only the first would be read. A list without a member becomes a comma,
// because a handler takes an empty header for one that was not sent.
func joined(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"If-Match", "If-None-Match"} {
			lines := r.Header.Values(name)
			if len(lines) == 0 {
				continue
			}
			if list := strings.TrimSpace(strings.Join(lines, ", ")); list != lines[0] || list == "" {
				r.Header.Set(name, cmp.Or(list, ","))
			}
		}
		next.ServeHTTP(w, r)
	})
}

type headKey struct{}

// IsHead reports whether the client wants no body, for a handler that would
// take long to make one.
func IsHead(ctx context.Context) bool { return ctx.Value(headKey{}) != nil }

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
