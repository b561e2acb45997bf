package httpapi

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/fualab/fualab/shared/testdb"
)

func TestProblems(t *testing.T) {
	t.Parallel()
	f := newFixture(t, testdb.New(t, "sqlite"), "")
	for _, tc := range []struct {
		method, path string
		status       int
		kind, allow  string
	}{
		{"GET", "/", 404, "not-found", ""},
		{"GET", "/api/things", 404, "not-found", ""},
		{"POST", "/nothing", 404, "not-found", ""},
		{"GET", "/health/", 404, "not-found", ""},
		{"POST", "/health", 405, "method-not-allowed", "GET, HEAD"},
		{"DELETE", "/ready", 405, "method-not-allowed", "GET, HEAD"},
		{"OPTIONS", "/ready", 405, "method-not-allowed", "GET, HEAD"},
	} {
		t.Run(tc.method+" "+tc.path, func(t *testing.T) {
			t.Parallel()
			w := f.do(tc.method, tc.path)
			var p problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
			if w.Code != tc.status || p.Status != tc.status || p.Type != "urn:fualab:problem:"+tc.kind || p.Title == "" || p.Detail == "" {
				t.Errorf("answers %d, %+v; want %d, %s", w.Code, p, tc.status, tc.kind)
			}
			if got := w.Header().Get("Allow"); got != tc.allow {
				t.Errorf("Allow: %s, want %s", got, tc.allow)
			}
			if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("Content-Type: %s", got)
			}
			if id := w.Header().Get("X-Request-Id"); id == "" || p.Instance != id {
				t.Errorf("instance %q, X-Request-Id %q; want the same", p.Instance, id)
			}
		})
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	f := newFixture(t, testdb.New(t, "sqlite"), "")
	if w := f.do(http.MethodHead, "/health"); w.Code != http.StatusOK {
		t.Errorf("HEAD answers %d", w.Code)
	}
}
