package rest

import (
	"context"
	"maps"
	"net/http"
	"net/netip"

	"github.com/rs/cors"

	"github.com/fualab/fualab/api/internal/limit"
	"github.com/fualab/fualab/shared/log"
)

// maxURL is the largest length of a path and its query, in bytes. All browsers
// and proxies accept it. httpserver limits the whole header.
const maxURL = 8 << 10

// apiPolicy is for responses that load nothing in a browser. /docs has its own
// policy.
const apiPolicy = "default-src 'none'; frame-ancestors 'none'"

// securityHeaders are in each response. A handler may replace a list, but must
// not write into it, because all responses share them. Pages of other origins
// can read only by CORS.
var securityHeaders = http.Header{
	"Content-Security-Policy":      {apiPolicy},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"Referrer-Policy":              {"no-referrer"},
}

// secured sets the headers that restrict a browser's use of a response, and
// refuses a URL that is too long.
func secured(next http.Handler, trusted []netip.Prefix) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		maps.Copy(h, securityHeaders)
		log.RequestOf(r.Context()).Address = limit.Client(r.RemoteAddr, r.Header.Values("X-Forwarded-For"), trusted).String()
		if overHTTPS(r, trusted) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if len(r.RequestURI) > maxURL {
			writeProblem(w, Refusal(r.Context(), http.StatusRequestURITooLong))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// RefuseBrowser answers a request that httpserver refuses because of its origin
// or its Host.
func RefuseBrowser(w http.ResponseWriter, r *http.Request, status int, reason string) {
	h := protocol[status]
	writeProblem(w, newProblem(r.Context(), status, h.name, h.title, reason))
}

// overHTTPS trusts the header of a trusted proxy.
func overHTTPS(r *http.Request, trusted []netip.Prefix) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" && limit.Trusted(r.RemoteAddr, trusted)
}

// Refusal returns the Problem of a status that HTTP itself defines, such as
// 415.
func Refusal(ctx context.Context, status int) *Problem {
	h := protocol[status]
	return newProblem(ctx, status, h.name, h.title, h.detail)
}

// crossOrigin allows pages of origins to call the API from a browser. Without
// origins, it allows no page of another origin.
func crossOrigin(next http.Handler, origins []string) http.Handler {
	if len(origins) == 0 {
		return next
	}
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete},
		AllowedHeaders: []string{
			"Authorization", "Cache-Control", "Content-Encoding", "Content-Type", keyHeader, "If-Match", "If-None-Match",
			"Last-Event-ID", "Upload-Complete", "Upload-Offset", "X-Request-Id",
		},
		ExposedHeaders: []string{
			"Accept-Encoding", "Allow", "Content-Disposition", "ETag", replayedHeader, "Link", "Location", "RateLimit", "RateLimit-Policy",
			"Retry-After", "Upload-Complete", "Upload-Offset", "WWW-Authenticate", "X-Request-Id", "X-Total-Count",
		},
		MaxAge: 600,
	}).Handler(next)
}
