package httpapi

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestSecurityHeaders drives the real handler.
func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	h := New(Deps{
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Origins: []string{"https://app.example.com"},
	})
	const hsts = "max-age=31536000"
	for _, tt := range []struct {
		name, method, path, peer string
		headers                  []string
		status                   int
		want                     []string
	}{
		{"an answer", "GET", "/health", "192.0.2.1:1", nil, 200, []string{"Content-Security-Policy: " + apiPolicy, "Referrer-Policy: no-referrer", "X-Content-Type-Options: nosniff", "Strict-Transport-Security: ", "Access-Control-Allow-Origin: "}},
		{"a problem", "GET", "/nowhere", "192.0.2.1:1", nil, 404, []string{"Content-Security-Policy: " + apiPolicy, "X-Content-Type-Options: nosniff"}},
		{"the documentation", "GET", "/docs", "192.0.2.1:1", nil, 200, []string{"Content-Security-Policy: " + docsPolicy}},
		{"HTTPS by a proxy", "GET", "/health", "10.0.0.1:1", []string{"X-Forwarded-Proto: https"}, 200, []string{"Strict-Transport-Security: " + hsts}},
		{"HTTPS by nobody", "GET", "/health", "192.0.2.1:1", []string{"X-Forwarded-Proto: https"}, 200, []string{"Strict-Transport-Security: "}},
		{"plain by a proxy", "GET", "/health", "10.0.0.1:1", nil, 200, []string{"Strict-Transport-Security: "}},
		{"a long URL", "GET", "/health?" + strings.Repeat("x", maxURL), "192.0.2.1:1", nil, 414, []string{"Content-Type: application/problem+json"}},
		{"a page of a known origin", "GET", "/health", "192.0.2.1:1", []string{"Origin: https://app.example.com"}, 200, []string{"Access-Control-Allow-Origin: https://app.example.com", "Access-Control-Allow-Credentials: "}},
		{"a page of another", "GET", "/health", "192.0.2.1:1", []string{"Origin: https://evil.example.com"}, 200, []string{"Access-Control-Allow-Origin: "}},
		{"before a change", "OPTIONS", "/api/items", "192.0.2.1:1", []string{"Origin: https://app.example.com", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type,idempotency-key"}, 204, []string{"Access-Control-Allow-Origin: https://app.example.com", "Access-Control-Allow-Methods: POST"}},
		{"before a change from another", "OPTIONS", "/api/items", "192.0.2.1:1", []string{"Origin: https://evil.example.com", "Access-Control-Request-Method: POST"}, 204, []string{"Access-Control-Allow-Origin: ", "Access-Control-Allow-Methods: "}},
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

func TestTooDeep(t *testing.T) {
	t.Parallel()
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for text, want := range map[string]bool{
		nested(maxDepth): false, nested(maxDepth + 1): true, `{"a":` + nested(maxDepth) + `}`: true,
		strings.Repeat("[],", 1000): false, `"` + strings.Repeat("[", 100) + `"`: false, `"\"` + strings.Repeat("[", 100) + `"`: false,
		`"\\"` + strings.Repeat("[", 100): true, `"` + strings.Repeat("[", 100): false,
	} {
		if got := tooDeep([]byte(text)); got != want {
			t.Errorf("%.20s…: %t, want %t", text, got, want)
		}
	}
}
