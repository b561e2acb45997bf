package rest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/mux"
	"github.com/swaggest/swgui/v5/static"
	"github.com/vearutop/statigz"

	"github.com/fualab/fualab/shared/errs"
)

// The page belongs to FUALab, and its assets to Swagger UI. The package of the
// assets has a page as well, but uses html/template. For that, the linker would
// keep all methods of all types, a third of the program.
var (
	//go:embed docs.html
	docsPage []byte
	//go:embed docs.js
	docsScript []byte
)

// registerDocs serves the OpenAPI document and interactive documentation. The
// assets are embedded, so the browser loads nothing from other hosts.
func registerDocs(router *mux.Router, api huma.API) {
	body, err := document(api)
	router.Path("/openapi.json").Methods(http.MethodGet).HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err != nil {
			writeProblem(w, problemOf(r.Context(), errs.Wrap(errs.Internal, "", err)))
			return
		}
		writeBody(w, "application/json", body)
	})
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", docsPolicy)
		writeBody(w, "text/html; charset=utf-8", docsPage)
	}
	router.Path("/docs").Methods(http.MethodGet).HandlerFunc(page)
	router.Path("/docs/").Methods(http.MethodGet).HandlerFunc(page)
	router.Path("/docs/start.js").Methods(http.MethodGet).HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeBody(w, "text/javascript; charset=utf-8", docsScript)
	})
	assets := http.StripPrefix("/docs/", statigz.FileServer(static.FS, statigz.OnNotFound(noRoute)))
	router.PathPrefix("/docs/").Methods(http.MethodGet).Handler(assets)
}

func writeBody(w http.ResponseWriter, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(body) // the client may have disconnected
}

// docsPolicy keeps the browser from all other hosts, whatever the page
// contains. Swagger UI sets inline styles.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func document(api huma.API) ([]byte, error) {
	raw, err := json.Marshal(api.OpenAPI())
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
