package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
)

// newFrontend returns the web client's site: the client, with the API beside
// it, so that both have one origin.
func newFrontend(client, api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isAPI(r.URL.Path) {
			api.ServeHTTP(w, r)
			return
		}
		client.ServeHTTP(w, r)
	})
}

// openClient opens the directory frontend of the repository that contains dir,
// an absolute path.
func openClient(dir string) (*os.Root, error) {
	for start := dir; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return openSources(filepath.Join(dir, "frontend"))
		}
		if dir == filepath.Dir(dir) {
			return nil, fmt.Errorf("the web client's files are not found: neither %s nor a directory above it has a go.work; start this from inside the repository", start)
		}
	}
}

// openSources opens dir, which contains the client's sources or its built
// files.
func openSources(dir string) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("the web client's files are not found: open %s (%w): restore that directory of the repository", dir, cause(err))
	}
	if !isFile(root.FS(), builtPage) && !isFile(root.FS(), "package.json") {
		return nil, errors.Join(fmt.Errorf("the web client's files are not found: neither package.json nor %s is in %s: restore that directory of the repository", builtPage, dir), root.Close())
	}
	return root, nil
}
