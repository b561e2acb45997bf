package rest

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"github.com/fualab/fualab/shared/errs"
)

func noRoute(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, problemOf(r.Context(), errs.New(errs.NotFound, "There is no resource at this path. /docs lists all paths.")))
}

// methodNotAllowed answers 405 with Allow, which gorilla/mux omits.
func methodNotAllowed(router *mux.Router) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", strings.Join(allowed(router, r), ", "))
		h := protocol[http.StatusMethodNotAllowed]
		writeProblem(w, newProblem(r.Context(), http.StatusMethodNotAllowed, h.name, h.title, h.detail))
	})
}

// allowed returns the router's methods for the path of r.
func allowed(router *mux.Router, r *http.Request) []string {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = method
		var match mux.RouteMatch
		if !router.Match(probe, &match) || match.MatchErr != nil {
			continue
		}
		methods = append(methods, method)
		if method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	return methods
}
