package rest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/limit"
)

// TestRateLimit uses an API behind a trusted proxy.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	logger := slog.New(slog.DiscardHandler)
	l := limit.New(t.Context(), limit.Policy{Name: "requests", Rate: 1, Per: time.Second, Burst: 2}, nil, logger, func() time.Time { return now })
	defer l.Close()
	h := healthy(Config{Log: logger, Limit: l, Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for _, tt := range []struct {
		name, peer, forwarded, path string
		status                      int
		left, retry                 string
	}{
		{"first", "192.0.2.1:1", "", "/nowhere", 404, `"requests";r=1;t=1`, ""},
		{"forged", "192.0.2.1:1", "198.51.100.1", "/nowhere", 404, `"requests";r=0;t=2`, ""},
		{"too many", "192.0.2.1:2", "198.51.100.2", "/nowhere", 429, `"requests";r=0;t=1`, "1"},
		{"a probe", "192.0.2.1:2", "", "/health", 200, "", ""},
		{"someone else", "192.0.2.2:1", "", "/nowhere", 404, `"requests";r=1;t=1`, ""},
		{"by the proxy", "10.0.0.1:1", "192.0.2.9, 192.0.2.3", "/nowhere", 404, `"requests";r=1;t=1`, ""},
		{"by the proxy, again", "10.0.0.1:1", "192.0.2.8, 192.0.2.3", "/nowhere", 404, `"requests";r=0;t=2`, ""},
		{"by the proxy, too many", "10.0.0.1:1", "192.0.2.7, 192.0.2.3", "/openapi.json", 429, `"requests";r=0;t=1`, "1"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, tt.path, http.NoBody)
		r.RemoteAddr = tt.peer
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tt.status || w.Header().Get("RateLimit") != tt.left || w.Header().Get("Retry-After") != tt.retry {
			t.Errorf("%s: %d %v", tt.name, w.Code, w.Header())
		}
		if tt.left != "" && w.Header().Get("RateLimit-Policy") != `"requests";q=2;w=2` {
			t.Errorf("%s: policy %q", tt.name, w.Header().Get("RateLimit-Policy"))
		}
		if tt.status == 429 && !strings.Contains(w.Body.String(), "urn:fualab:problem:too-many-requests") {
			t.Errorf("%s: %s", tt.name, w.Body)
		}
	}
}
