package main

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"maps"
	"net/http"
	"strings"
)

// notice is a page in place of a web client that is not built yet.
type notice struct {
	Title   string
	Text    string
	Cure    string // the action to take, if any
	Output  string // the output of a failed build
	Waiting bool   // the page reloads by itself
}

var (
	building = notice{
		Title: "The web client is being built", Waiting: true,
		Text: "This takes about half a minute the first time. The page opens by itself when it is done.",
	}
	absent = notice{
		Title: "The web client is not built",
		Text:  "The API and the worker run; only these pages are missing.",
		Cure:  "Run go tool task client, or start again with FUALAB_BUILD_CLIENT=true, then reload this page.",
	}
)

//go:embed notice.html
var noticeText string

var noticePage = template.Must(template.New("notice").Parse(noticeText))

// noticeHeaders are the client's, except for a policy that allows only the one
// style that the page contains.
var noticeHeaders = func() map[string]string {
	_, rest, _ := strings.Cut(noticeText, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	headers := maps.Clone(clientHeaders)
	headers["Content-Security-Policy"] = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	headers["Cache-Control"] = "no-store"
	headers["Content-Type"] = "text/html; charset=utf-8"
	return headers
}()

// ServeHTTP serves the page at every path that a person may open.
func (n *notice) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the web client's pages can only be read", http.StatusMethodNotAllowed)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/assets/") {
		http.NotFound(w, r)
		return
	}
	var page bytes.Buffer
	if err := noticePage.Execute(&page, n); err != nil {
		http.Error(w, n.Title+". "+n.Text, http.StatusInternalServerError)
		return
	}
	for name, value := range noticeHeaders {
		w.Header().Set(name, value)
	}
	_, _ = w.Write(page.Bytes()) // the browser may have disconnected
}
