package main

import (
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// clientHeaders go with every answer of the web client's own, and with
// nothing that the API answers: its documentation needs a laxer policy.
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
	// forever is for the files whose names change with their content.
	forever = "public, max-age=31536000, immutable"
	// revalidated has the browser ask each time whether a file has changed.
	revalidated = "no-cache"
)

// client serves the files that make up the web client. It is a single page
// with routes of its own, so whatever is no file is that page.
type client struct {
	files fs.FS // what the build wrote
}

// newClient returns a handler of GET and HEAD that serves files, compressed
// for whoever accepts that.
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
	case asset, asked(name):
		// A page in place of a script or a picture would only fail later, and be kept.
		http.NotFound(w, r)
		return
	default:
		name = indexPage
	}
	http.ServeFileFS(w, r, c.files, name) //nolint:gosec // an fs.FS takes no name that leads out of it
}

const indexPage = "index.html"

// asked reports whether name is that of a file for which browsers ask by themselves.
func asked(name string) bool {
	switch path.Ext(name) {
	case ".ico", ".png", ".webmanifest":
		return true
	}
	return false
}

// hidden reports whether a part of name is a dotfile's.
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
