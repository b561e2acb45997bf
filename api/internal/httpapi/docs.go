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
		found := &foundOnly{ResponseWriter: w}
		if ui.ServeHTTP(found, r); found.missing {
			noRoute(w, r)
		}
	})
	router.Path("/docs").Methods(http.MethodGet).Handler(page)
	router.PathPrefix("/docs/").Methods(http.MethodGet).Handler(page)
}

// foundOnly keeps back a 404 in plain text.
type foundOnly struct {
	http.ResponseWriter
	missing bool
}

func (f *foundOnly) WriteHeader(status int) {
	if f.missing = status == http.StatusNotFound; !f.missing {
		f.ResponseWriter.WriteHeader(status)
	}
}

func (f *foundOnly) Write(p []byte) (int, error) {
	if f.missing {
		return len(p), nil
	}
	return f.ResponseWriter.Write(p)
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
