package rest

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

type healthOutput struct{ Body string }

// healthy is an API with only a probe.
func healthy(cfg Config) http.Handler {
	api := New(cfg)
	Handle(api, Operation{Operation: huma.Operation{OperationID: "health", Method: http.MethodGet, Path: "/health"}}, func(context.Context, *struct{}) (*healthOutput, error) {
		return &healthOutput{"ok"}, nil
	})
	return api.Handler()
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	h := healthy(Config{
		Log:     slog.New(slog.DiscardHandler),
		Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Origins: []string{"https://app.example.com"},
	})
	const hsts = "max-age=31536000"
	for _, tt := range []struct {
		name, method, path, peer string
		headers                  []string
		status                   int
		want                     []string
	}{
		{"an answer", "GET", "/health", "192.0.2.1:1", nil, 200, []string{"Content-Security-Policy: " + apiPolicy, "Referrer-Policy: no-referrer", "Cross-Origin-Resource-Policy: same-origin", "X-Content-Type-Options: nosniff", "Strict-Transport-Security: ", "Access-Control-Allow-Origin: "}},
		{"a problem", "GET", "/nowhere", "192.0.2.1:1", nil, 404, []string{"Content-Security-Policy: " + apiPolicy, "X-Content-Type-Options: nosniff"}},
		{"the documentation", "GET", "/docs", "192.0.2.1:1", nil, 200, []string{"Content-Security-Policy: " + docsPolicy}},
		{"HTTPS by a proxy", "GET", "/health", "10.0.0.1:1", []string{"X-Forwarded-Proto: https"}, 200, []string{"Strict-Transport-Security: " + hsts}},
		{"HTTPS by an untrusted peer", "GET", "/health", "192.0.2.1:1", []string{"X-Forwarded-Proto: https"}, 200, []string{"Strict-Transport-Security: "}},
		{"plain by a proxy", "GET", "/health", "10.0.0.1:1", nil, 200, []string{"Strict-Transport-Security: "}},
		{"a long URL", "GET", "/health?" + strings.Repeat("x", maxURL), "192.0.2.1:1", nil, 414, []string{"Content-Type: application/problem+json"}},
		{"a page of a known origin", "GET", "/health", "192.0.2.1:1", []string{"Origin: https://app.example.com"}, 200, []string{"Access-Control-Allow-Origin: https://app.example.com", "Access-Control-Allow-Credentials: "}},
		{"a page of another", "GET", "/health", "192.0.2.1:1", []string{"Origin: https://evil.example.com"}, 200, []string{"Access-Control-Allow-Origin: "}},
		{"before a change", "OPTIONS", "/api/things", "192.0.2.1:1", []string{"Origin: https://app.example.com", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type,idempotency-key"}, 204, []string{"Access-Control-Allow-Origin: https://app.example.com", "Access-Control-Allow-Methods: POST"}},
		{"before a change from another", "OPTIONS", "/api/things", "192.0.2.1:1", []string{"Origin: https://evil.example.com", "Access-Control-Request-Method: POST"}, 204, []string{"Access-Control-Allow-Origin: ", "Access-Control-Allow-Methods: "}},
	} {
		r := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, http.NoBody)
		r.RemoteAddr = tt.peer
		for _, line := range tt.headers {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("%s: status %d", tt.name, w.Code)
		}
		for _, line := range tt.want {
			name, value, _ := strings.Cut(line, ": ")
			if got := w.Header().Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", tt.name, name, got, value)
			}
		}
	}
}
