package rest

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
)

// Codings returns the codings of a body in small letters, without identity
// (RFC 9110, section 8.4.1). x-gzip is gzip.
func Codings(h http.Header) []string {
	var list []string
	for _, line := range h.Values("Content-Encoding") {
		for coding := range strings.SplitSeq(line, ",") {
			switch coding = strings.ToLower(strings.TrimSpace(coding)); coding {
			case "", "identity":
			case "x-gzip":
				list = append(list, "gzip")
			default:
				list = append(list, coding)
			}
		}
	}
	return list
}

// plainBody refuses a body in a coding with 415, before it is read.
func plainBody(c huma.Context, next func(huma.Context)) {
	r, w := humamux.Unwrap(c)
	if len(Codings(r.Header)) == 0 {
		next(c)
		return
	}
	w.Header().Set("Accept-Encoding", "identity")
	p := Refusal(r.Context(), http.StatusUnsupportedMediaType)
	p.Detail = "This body must come without a Content-Encoding. Send it plain."
	writeProblem(w, p)
}
