package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

var built = fstest.MapFS{
	"index.html":               {Data: []byte("<title>page</title>")},
	"favicon.svg":              {Data: []byte("<svg/>")},
	"apix.js":                  {Data: []byte("not the API")},
	".env":                     {Data: []byte("secret")},
	".vite/manifest.json":      {Data: []byte("secret")},
	"assets/.map":              {Data: []byte("secret")},
	"assets/index-1a2b3c4d.js": {Data: []byte("script")},
}

// newTestFrontend is the client's site in front of the API at url.
func newTestFrontend(t *testing.T, url string) http.Handler {
	t.Helper()
	api := newProxy(t.Context(), strings.TrimPrefix(url, "http://"), slog.New(slog.DiscardHandler))
	return newFrontend(newClient(built), api)
}

func TestFrontendRoutes(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "API "+r.Method+" "+r.RequestURI+" "+r.Host)
	}))
	t.Cleanup(api.Close) // runs after the parallel subtests
	handler := newTestFrontend(t, api.URL)

	const page = "<title>page</title>"
	for _, tt := range []struct {
		method, target string
		status         int
		body           string
		cache          string
	}{
		{"GET", "/", 200, page, revalidated},
		{"HEAD", "/", 200, "", revalidated},
		{"GET", "/items", 200, page, revalidated},
		{"GET", "/items/7", 200, page, revalidated},
		{"HEAD", "/items/7", 200, "", revalidated},
		{"GET", "/schedules/items.enrich", 200, page, revalidated},
		{"GET", "/README.md", 200, page, revalidated},
		{"GET", "/apix/items", 200, page, revalidated},
		{"GET", "/favicon.svg", 200, "<svg/>", revalidated},
		{"GET", "/apix.js", 200, "not the API", revalidated},
		{"GET", "/assets/index-1a2b3c4d.js", 200, "script", forever},
		{"HEAD", "/assets/index-1a2b3c4d.js", 200, "", forever},
		{"GET", "/assets/index-00000000.js", 404, "", ""},
		{"GET", "/assets/", 404, "", ""},
		{"GET", "/assets", 404, "", ""},
		{"GET", "/assets/.map", 404, "", ""},
		{"GET", "/favicon.ico", 404, "", ""},
		{"GET", "/apple-touch-icon.png", 404, "", ""},
		{"GET", "/manifest.webmanifest", 404, "", ""},
		{"GET", "/.env", 404, "", ""},
		{"GET", "/.vite/manifest.json", 404, "", ""},
		{"GET", "/%2evite/manifest.json", 404, "", ""},
		{"POST", "/", 405, "", ""},
		{"DELETE", "/items/7", 405, "", ""},
		{"GET", "/api", 200, "API GET /api example.com", ""},
		{"GET", "/api/items?limit=1&bad=%zz;x", 200, "API GET /api/items?limit=1&bad=%zz;x example.com", ""},
		{"GET", "/api/items/a%2Fb", 200, "API GET /api/items/a%2Fb example.com", ""},
		{"DELETE", "/api/items/1", 200, "API DELETE /api/items/1 example.com", ""},
		{"GET", "/health", 200, "API GET /health example.com", ""},
		{"GET", "/ready", 200, "API GET /ready example.com", ""},
		{"GET", "/docs", 200, "API GET /docs example.com", ""},
		{"GET", "/docs/swagger-ui.css", 200, "API GET /docs/swagger-ui.css example.com", ""},
		{"GET", "/openapi.json", 200, "API GET /openapi.json example.com", ""},
	} {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			t.Parallel()
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), tt.method, tt.target, http.NoBody))
			if rec.Code != tt.status || (tt.body != "" && rec.Body.String() != tt.body) {
				t.Errorf("got %d %q, want %d %q", rec.Code, rec.Body, tt.status, tt.body)
			}
			if got := rec.Header().Get("Cache-Control"); tt.cache != "" && got != tt.cache {
				t.Errorf("Cache-Control %q, want %q", got, tt.cache)
			}
			if got := rec.Header().Get("Cache-Control"); tt.status != 200 && got == forever {
				t.Error("an error response may be cached for a year")
			}
			isClient := !strings.HasPrefix(rec.Body.String(), "API ")
			if got := rec.Header().Get("Content-Security-Policy") != ""; got != isClient {
				t.Errorf("a content security policy: %t, want %t", got, isClient)
			}
		})
	}
}

func TestOpenClient(t *testing.T) {
	t.Parallel()
	repository := t.TempDir()
	frontend := filepath.Join(repository, "frontend")
	refused := func(when, want string) {
		t.Helper()
		if _, err := openClient(repository); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", when, err)
		}
	}
	refused("outside of a repository", "start this from inside the repository")
	write(t, filepath.Join(repository, "go.work"), "")
	refused("without frontend/", "restore that directory")
	if err := os.MkdirAll(filepath.Join(frontend, "deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	refused("without anything in it", "neither package.json nor dist/index.html")
	for _, enough := range []string{"package.json", builtPage} {
		name := filepath.Join(frontend, enough)
		write(t, name, "")
		root, err := openClient(filepath.Join(frontend, "deep"))
		if err != nil {
			t.Fatalf("with %s: %v", enough, err)
		}
		_ = root.Close()
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
}
