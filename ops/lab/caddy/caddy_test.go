package caddy_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const (
	page   = "<title>FUALab</title>"
	script = "/assets/index-1a2b3c4d.js"
)

func TestFile(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for _, tt := range []struct {
		name string
		args []string
		env  string
	}{
		{"format", []string{"fmt", "--diff", caddyfile}, ""},
		{"plain", []string{"validate", "--config", caddyfile}, ""},
		{"empty domain", []string{"validate", "--config", caddyfile}, "FUALAB_DOMAIN="},
		{"domain", []string{"validate", "--config", caddyfile}, "FUALAB_DOMAIN=fualab.example.com"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, binary, tt.args...)
			cmd.Env = append(environ(t), tt.env)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("caddy %s: %v\n%s", strings.Join(tt.args, " "), err, out)
			}
		})
	}
}

func TestSite(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		_, _ = io.WriteString(w, "API "+r.Method+" "+r.RequestURI+strings.Repeat(" ", 4096))
	}))
	t.Cleanup(api.Close) // runs after the parallel subtests
	site := start(t, api.URL)
	for _, tt := range []struct {
		method, path string
		status       int
		body, cache  string
	}{
		{"GET", "/", 200, page, "no-cache"},
		{"HEAD", "/", 200, "", "no-cache"},
		{"GET", "/items/7", 200, page, "no-cache"},
		{"HEAD", "/items/7", 200, "", "no-cache"},
		{"GET", "/schedules/items.enrich", 200, page, "no-cache"},
		{"GET", "/apix/items", 200, page, "no-cache"},
		{"GET", "/favicon.svg", 200, "<svg", "no-cache"},
		{"GET", script, 200, "export", "public, max-age=31536000, immutable"},
		{"HEAD", script, 200, "", "public, max-age=31536000, immutable"},
		{"GET", "/assets/index-00000000.js", 404, "", "no-cache"},
		{"GET", "/assets/", 404, "", "no-cache"},
		{"GET", "/assets", 404, "", "no-cache"},
		{"GET", "/.env", 404, "", "no-cache"},
		{"GET", "/assets/.map", 404, "", "no-cache"},
		{"GET", "/%2eenv", 404, "", "no-cache"},
		{"POST", "/", 405, "", "no-cache"},
		{"GET", "/caddy-health", 200, "ok", "no-store"},
		{"GET", "/api", 200, "API GET /api ", ""},
		{"GET", "/api/items?limit=1&q=a%2Fb", 200, "API GET /api/items?limit=1&q=a%2Fb ", ""},
		{"GET", "/api/items/a%2Fb", 200, "API GET /api/items/a%2Fb ", ""},
		{"DELETE", "/api/items/1", 200, "API DELETE /api/items/1 ", ""},
		{"GET", "/health", 200, "API GET /health ", ""},
		{"GET", "/ready", 200, "API GET /ready ", ""},
		{"GET", "/docs", 200, "API GET /docs ", ""},
		{"GET", "/docs/swagger-ui.css", 200, "API GET /docs/swagger-ui.css ", ""},
		{"GET", "/openapi.json", 200, "API GET /openapi.json ", ""},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			got := call(t, tt.method, site+tt.path)
			if got.status != tt.status || !strings.HasPrefix(got.body, tt.body) {
				t.Errorf("got %d %.200q, want %d %q", got.status, got.body, tt.status, tt.body)
			}
			if cache := got.header.Get("Cache-Control"); cache != tt.cache {
				t.Errorf("Cache-Control %q, want %q", cache, tt.cache)
			}
			fromAPI := strings.HasPrefix(tt.body, "API ")
			compressed := got.header.Get("Content-Encoding") != ""
			if want := tt.path == script; compressed != want {
				t.Errorf("compressed: %t, want %t", compressed, want)
			}
			own := !fromAPI && tt.path != "/caddy-health"
			if policy := got.header.Get("Content-Security-Policy") != ""; policy != own || (own && got.header.Get("Server") != "") {
				t.Errorf("headers %v", got.header)
			}
			if fromAPI && got.header.Get("ETag") != `"1"` {
				t.Errorf("ETag %s", got.header.Get("ETag"))
			}
		})
	}
}

// TestStream: a stream arrives before it ends, and ends when the client disconnects.
func TestStream(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "first")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(gone)
	}))
	t.Cleanup(api.Close)
	site := start(t, api.URL)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, site+"/api/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got := make([]byte, 5)
	if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != "first" {
		t.Errorf("got %q, %v", got, err)
	}
	cancel()
	select {
	case <-gone:
	case <-time.After(20 * time.Second):
		t.Error("the API's stream is still open 20 s after the client has disconnected")
	}
}

// TestWithoutAPI wants a problem (RFC 9457), as the API would send it.
func TestWithoutAPI(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	site := start(t, gone.URL)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		resp := call(t, method, site+"/api/items")
		var got struct {
			Type, Title, Detail, Instance string
			Status                        int
		}
		if err := json.Unmarshal([]byte(resp.body), &got); err != nil {
			t.Fatalf("%v: %s", err, resp.body)
		}
		if resp.status != 502 || got.Status != 502 || resp.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("got %+v, want a 502 problem", resp)
		}
		id := resp.header.Get("X-Request-Id")
		if got.Type != "urn:fualab:problem:bad-gateway" || got.Title != "The API does not answer" || got.Detail == "" || len(id) < 16 || got.Instance != id {
			t.Errorf("problem %s, id %s", resp.body, id)
		}
	}
	if got := call(t, http.MethodGet, site+"/"); got.status != http.StatusOK {
		t.Errorf("the client itself: %d", got.status)
	}
}

// TestRequestWaitsForRestartingAPI: a request waits for a restarting API.
func TestRequestWaitsForRestartingAPI(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "back") }))
	address := api.Listener.Addr().String()
	site := start(t, api.URL)
	call(t, http.MethodGet, site+"/api/items")
	api.Close()
	restarted := make(chan *httptest.Server, 1)
	time.AfterFunc(500*time.Millisecond, func() { restarted <- serveAt(t, address, api.Config.Handler) })
	if got := call(t, http.MethodGet, site+"/api/items"); got.status != http.StatusOK || got.body != "back" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if again := <-restarted; again != nil {
		again.Close()
	}
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

func call(t *testing.T, method, url string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	// Go would unpack gzip invisibly if it had asked for it by itself.
	req.Header.Set("Accept-Encoding", "identity")
	if req.URL.Path == script {
		req.Header.Set("Accept-Encoding", "gzip")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	reader, err := unpack(resp)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}
