package main

import (
	"io/fs"
	"net/http"
	"os"
	"sync/atomic"
)

// dist is the directory of the built client, relative to frontend. builtPage is
// its required page.
const (
	dist      = "dist"
	builtPage = dist + "/" + indexPage
)

// site is the web client. It serves the built files; until they are built it
// serves a page that shows the state of the build.
type site struct {
	sources fs.FS // the directory frontend
	built   http.Handler
	notice  atomic.Pointer[notice] // nil while the files are served
}

// newSite serves the built files of sources. Each request opens its file again,
// so a newer build is served at once.
func newSite(sources *os.Root) (*site, error) {
	files, err := fs.Sub(sources.FS(), dist)
	if err != nil {
		return nil, err
	}
	return &site{sources: sources.FS(), built: newClient(files)}, nil
}

// say shows n in place of the client; nil shows the client again.
func (s *site) say(n *notice) { s.notice.Store(n) }

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := s.notice.Load()
	if n == nil && !isFile(s.sources, builtPage) {
		n = &absent
	}
	if n != nil {
		n.ServeHTTP(w, r)
		return
	}
	s.built.ServeHTTP(w, r)
}
