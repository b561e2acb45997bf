package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/fualab/fualab/shared/log"
)

// apiPaths belong to the API: each path and all paths below it.
var apiPaths = []string{"/api", "/health", "/ready", "/docs", "/openapi.json"}

func isAPI(path string) bool {
	for _, p := range apiPaths {
		if path == p || strings.HasPrefix(path, p+"/") {
			return true
		}
	}
	return false
}

// newProxy passes requests to the API at addr and streams the responses back.
// Streams of events end when stopping does.
func newProxy(stopping context.Context, addr string, logger *slog.Logger) http.Handler {
	target := &url.URL{Scheme: "http", Host: addr}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.SetXForwarded()
			r.Out.Host = r.In.Host
			// The API itself reports a malformed query.
			r.Out.URL.RawQuery = r.In.URL.RawQuery
		},
		// A connection kept for later would delay the API's end, and a POST
		// on a closing connection cannot be repeated.
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true, ResponseHeaderTimeout: 30 * time.Second},
		FlushInterval: -1,
		ModifyResponse: func(r *http.Response) error {
			if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "text/event-stream" {
				r.Body = endWith(stopping, r.Body)
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) { badGateway(w, r, err, logger) },
		ErrorLog:     slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The API bounds its own responses; a stream of events has no end.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		proxy.ServeHTTP(w, r)
	})
}

// badGateway tells a client, in the API's own form (RFC 9457), that the API
// does not respond.
func badGateway(w http.ResponseWriter, r *http.Request, cause error, logger *slog.Logger) {
	if errors.Is(cause, context.Canceled) {
		return // the client has disconnected
	}
	id := rand.Text()
	logger.WarnContext(log.WithRequest(r.Context(), &log.Request{ID: id}), "the API does not answer", "error", cause)
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("X-Request-Id", id)
	w.WriteHeader(http.StatusBadGateway)
	_ = json.NewEncoder(w).Encode(problem{ // the client may have disconnected
		Type:     "urn:fualab:problem:bad-gateway",
		Title:    "The API does not answer",
		Status:   http.StatusBadGateway,
		Detail:   "The web client's server got no answer from the API behind it. Try again in a moment; the log has the cause.",
		Instance: id,
	})
}

// problem has the form of RFC 9457, like the API's problems.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"`
}
