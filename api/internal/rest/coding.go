package rest

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
)

// Codings returns the content codings of a body in lower case, without identity
// (RFC 9110, section 8.4.1). x-gzip becomes gzip.
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

// plainBody refuses an encoded body with 415, before it is read.
func plainBody(c huma.Context, next func(huma.Context)) {
	r, w := humamux.Unwrap(c)
	if len(Codings(r.Header)) == 0 {
		next(c)
		return
	}
	w.Header().Set("Accept-Encoding", "identity")
	p := Refusal(r.Context(), http.StatusUnsupportedMediaType)
	p.Detail = "This body must come without a Content-Encoding. Send it uncompressed."
	writeProblem(w, p)
}
