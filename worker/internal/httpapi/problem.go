package httpapi

import (
	"net/http"
	"strings"

	"github.com/fualab/fualab/shared/log"
)

// problem is an error as a client sees it: RFC 9457, as the API answers it.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"` // the request's id
}

// problems holds each problem there is, by its status.
var problems = map[int]problem{
	http.StatusNotFound: {
		Type: "urn:fualab:problem:not-found", Title: "Not found",
		Detail: "There is nothing at this path; the worker answers /health and /ready.",
	},
	http.StatusMethodNotAllowed: {
		Type: "urn:fualab:problem:method-not-allowed", Title: "Method not allowed",
		Detail: "This path does not support the method; Allow lists those it does.",
	},
	http.StatusInternalServerError: {
		Type: "urn:fualab:problem:internal", Title: "Internal error",
		Detail: "Something went wrong here. The instance identifies this request in the log.",
	},
}

func writeProblem(w http.ResponseWriter, r *http.Request, status int) {
	p, ok := problems[status]
	if !ok {
		status, p = http.StatusInternalServerError, problems[http.StatusInternalServerError]
	}
	p.Status, p.Instance = status, log.RequestID(r.Context())
	writeJSON(w, "application/problem+json", status, p)
}

// withProblems answers what mux has no handler for with a problem.
func withProblems(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refusal, pattern := mux.Handler(r)
		if pattern != "" {
			_, route, _ := strings.Cut(pattern, "/")
			log.RequestOf(r.Context()).Route = "/" + route
			mux.ServeHTTP(w, r)
			return
		}
		// The mux refuses in plain text. The status and Allow are kept of that.
		refused := refused{header: make(http.Header)}
		refusal.ServeHTTP(&refused, r)
		if allow := refused.header.Get("Allow"); allow != "" {
			w.Header().Set("Allow", allow)
		}
		writeProblem(w, r, refused.status)
	})
}

// refused is a ResponseWriter that keeps no body.
type refused struct {
	header http.Header
	status int
}

func (r *refused) Header() http.Header         { return r.header }
func (r *refused) WriteHeader(status int)      { r.status = status }
func (r *refused) Write(p []byte) (int, error) { return len(p), nil }
