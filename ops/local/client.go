package main

import (
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// clientHeaders are sent with the web client's own responses, and not with the
// API's: the API's documentation needs a laxer policy.
// frontend/Caddyfile and infra/terraform-ecs/frontend.tf send the same.
var clientHeaders = map[string]string{
	"Content-Security-Policy":      "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
}

const (
	// forever is for files whose names change with their content.
	forever = "public, max-age=31536000, immutable"
	// revalidated makes the browser ask each time whether a file has changed.
	revalidated = "no-cache"
)

// client serves the files of the web client. The client is a single page with
// its own routes, so any path without a file is that page.
type client struct {
	files fs.FS // the output of the build
}

// newClient returns a handler of GET and HEAD that serves files. It compresses
// them for clients that accept gzip.
func newClient(files fs.FS) http.Handler {
	compressed := gzhttp.GzipHandler(client{files})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range clientHeaders {
			w.Header().Set(name, value)
		}
		w.Header().Set("Cache-Control", revalidated)
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "the web client's files can only be read", http.StatusMethodNotAllowed)
			return
		}
		compressed(w, r)
	})
}

func (c client) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	asset := name == "assets" || strings.HasPrefix(name, "assets/")
	switch {
	case hidden(name):
		http.NotFound(w, r)
		return
	case isFile(c.files, name):
		if asset {
			w.Header().Set("Cache-Control", forever)
		}
	case asset, isIcon(name):
		// A page in place of a script or a picture would fail later, and stay in caches.
		http.NotFound(w, r)
		return
	default:
		name = indexPage
	}
	http.ServeFileFS(w, r, c.files, name) //nolint:gosec // an fs.FS refuses names that leave it
}

const indexPage = "index.html"

// isIcon reports whether name is a file that browsers request without a link to it.
func isIcon(name string) bool {
	switch path.Ext(name) {
	case ".ico", ".png", ".webmanifest":
		return true
	}
	return false
}

// hidden reports whether a part of name begins with a dot.
func hidden(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") {
			return true
		}
	}
	return false
}

func isFile(files fs.FS, name string) bool {
	info, err := fs.Stat(files, name)
	return err == nil && info.Mode().IsRegular()
}
