package main

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestClientHeaders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, indexPage), "page")
	client := newClient(os.DirFS(dir))
	rec := get(t, client, "/", nil)
	for name, want := range clientHeaders {
		if got := rec.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	modified := rec.Header().Get("Last-Modified")
	if modified == "" {
		t.Fatal("no Last-Modified")
	}
	for _, path := range []string{"/", "/items/7"} {
		if rec := get(t, client, path, http.Header{"If-Modified-Since": {modified}}); rec.Code != http.StatusNotModified {
			t.Errorf("%s, unchanged: %d, want 304", path, rec.Code)
		}
	}
}

func TestClientIsCompressed(t *testing.T) {
	t.Parallel()
	script := strings.Repeat("export const answer = 42;\n", 200)
	client := newClient(fstest.MapFS{indexPage: {Data: []byte("page")}, "assets/a.js": {Data: []byte(script)}})
	rec := get(t, client, "/assets/a.js", http.Header{"Accept-Encoding": {"gzip"}})
	if rec.Header().Get("Content-Encoding") != "gzip" || rec.Header().Get("Vary") != "Accept-Encoding" || rec.Body.Len() > len(script)/10 {
		t.Errorf("%d of %d bytes, %v", rec.Body.Len(), len(script), rec.Header())
	}
	unpacked, err := gzip.NewReader(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(unpacked); err != nil || string(got) != script {
		t.Errorf("it unpacks to %d bytes, %v", len(got), err)
	}
	rec = get(t, client, "/assets/a.js", nil)
	if rec.Header().Get("Content-Encoding") != "" || rec.Body.String() != script {
		t.Errorf("a client that does not accept gzip gets %d bytes, %v", rec.Body.Len(), rec.Header())
	}
}

func get(t *testing.T, handler http.Handler, path string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	if header != nil {
		req.Header = header
	}
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, req)
	return rec
}

// TestOtherServersSendTheSameHeaders compares the headers with those of the files that
// serve the client elsewhere.
func TestOtherServersSendTheSameHeaders(t *testing.T) {
	t.Parallel()
	file := read(t, "../../frontend/Caddyfile")
	for name, value := range clientHeaders {
		if want := "\t" + name + " \"" + value + "\"\n"; strings.Count(file, want) != 1 {
			t.Errorf("frontend/Caddyfile does not have exactly one line %s", want)
		}
	}
	cloudfront := read(t, "../../infra/terraform-ecs/frontend.tf")
	for name, value := range clientHeaders {
		if name != "X-Content-Type-Options" && !strings.Contains(cloudfront, "= \""+value+"\"\n") {
			t.Errorf("infra/terraform-ecs/frontend.tf lacks %s %q", name, value)
		}
	}
	for _, value := range []string{forever, revalidated} {
		if want := "\tCache-Control \"" + value + "\"\n"; !strings.Contains(strings.ReplaceAll(file, "header Cache", "\tCache"), want) {
			t.Errorf("frontend/Caddyfile lacks %s", want)
		}
	}
	for _, path := range apiPaths {
		if !strings.Contains(file, " "+path+" "+path+"/*") {
			t.Errorf("frontend/Caddyfile does not route %s to the API", path)
		}
	}
}
