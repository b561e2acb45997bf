package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/mux"
	"github.com/swaggest/swgui/v5emb"

	"github.com/fualab/fualab/shared/errs"
)

// registerDocs serves the OpenAPI document and interactive documentation.
// Its assets are embedded: nothing is loaded from elsewhere.
func registerDocs(router *mux.Router, api huma.API) {
	body, err := document(api)
	router.Path("/openapi.json").Methods(http.MethodGet).HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err != nil {
			writeProblem(w, problemOf(r.Context(), errs.Wrap(errs.Internal, "", err)))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body) // the client is gone
	})
	ui := v5emb.New("FUALab API", "/openapi.json", "/docs/")
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", docsPolicy)
		ui.ServeHTTP(w, r)
	})
	router.Path("/docs").Methods(http.MethodGet).Handler(page)
	router.PathPrefix("/docs/").Methods(http.MethodGet).Handler(page)
}

// docsPolicy keeps the browser from asking any other host, whatever the page
// would like. Swagger UI's page has its script and styles inline.
const docsPolicy = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; frame-ancestors 'none'"

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
