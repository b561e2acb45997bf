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

// middleware wraps all requests. The list begins with the outermost.
func middleware(router http.Handler, logger *slog.Logger, watchers ...httpserver.Watcher) http.Handler {
	return httpserver.Observed(joined(headAsGet(router)), logger, func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, problemOf(r.Context(), errs.New(errs.Internal, "")))
	}, watchers...)
}

// noteRoute gives the log the matched route: the pattern, never the path.
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

// joined merges the lines of a list header (RFC 9110, section 5.3), because
// only the first line would be read. A list without a member becomes a comma,
// because a handler ignores an empty header.
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

// IsHead reports whether the client wants no body. It is for handlers of
// expensive bodies.
func IsHead(ctx context.Context) bool { return ctx.Value(headKey{}) != nil }

// headAsGet answers HEAD wherever GET exists; net/http drops the body.
func headAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(context.WithValue(r.Context(), headKey{}, true))
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}
