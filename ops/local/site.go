package main

import (
	"io/fs"
	"net/http"
	"os"
	"sync/atomic"
)

// dist is where the built client is, seen from frontend, and builtPage is
// what it cannot do without.
const (
	dist      = "dist"
	builtPage = dist + "/" + indexPage
)

// site is the web client: its files where they are built, and until then a
// page that says what there is to wait for.
type site struct {
	sources fs.FS // the directory frontend
	built   http.Handler
	notice  atomic.Pointer[notice] // nil while the files are to be served
}

// newSite serves what is built in sources. Files are looked up anew for each
// request, so a newer build is served as soon as it is there.
func newSite(sources *os.Root) (*site, error) {
	files, err := fs.Sub(sources.FS(), dist)
	if err != nil {
		return nil, err
	}
	return &site{sources: sources.FS(), built: newClient(files)}, nil
}

// say shows n in place of the client, which nil brings back.
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
