package httpapi

import (
	"net/http"
	"strings"

	"github.com/fualab/fualab/shared/log"
)

// problem is an error response of RFC 9457, in the form of the API.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"` // the request's id
}

// problems has all problems, by their status.
var problems = map[int]problem{
	http.StatusNotFound: {
		Type: "urn:fualab:problem:not-found", Title: "Not found",
		Detail: "There is no resource at this path. The worker has /health and /ready.",
	},
	http.StatusMethodNotAllowed: {
		Type: "urn:fualab:problem:method-not-allowed", Title: "Method not allowed",
		Detail: "This path does not support the method. The header Allow lists the supported methods.",
	},
	http.StatusInternalServerError: {
		Type: "urn:fualab:problem:internal", Title: "Internal error",
		Detail: "The server failed. Retry later, or search its log for this instance.",
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

// withProblems answers with a problem if mux has no handler.
func withProblems(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refusal, pattern := mux.Handler(r)
		if pattern != "" {
			_, route, _ := strings.Cut(pattern, "/")
			log.RequestOf(r.Context()).Route = "/" + route
			mux.ServeHTTP(w, r)
			return
		}
		// mux refuses in plain text. Only its status and Allow are kept.
		refused := refused{header: make(http.Header)}
		refusal.ServeHTTP(&refused, r)
		if allow := refused.header.Get("Allow"); allow != "" {
			w.Header().Set("Allow", allow)
		}
		writeProblem(w, r, refused.status)
	})
}

// refused is a ResponseWriter that drops the body.
type refused struct {
	header http.Header
	status int
}

func (r *refused) Header() http.Header         { return r.header }
func (r *refused) WriteHeader(status int)      { r.status = status }
func (r *refused) Write(p []byte) (int, error) { return len(p), nil }
