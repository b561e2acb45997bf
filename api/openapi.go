package api

import (
	"io"
	"log/slog"

	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/api/internal/rest"
)

//go:generate sh -c "go run ./cmd/fualab-api openapi > openapi.json.new && mv openapi.json.new openapi.json"

// WriteOpenAPI writes the OpenAPI 3.1 document, as /openapi.json serves it.
func WriteOpenAPI(w io.Writer) error {
	log := slog.New(slog.DiscardHandler)
	doc, err := NewAPI(Parts{REST: rest.Config{Log: log}, Console: console.Config{Log: log}, Product: Product{Deps: resource.Deps{Log: log}}}).OpenAPI()
	if err != nil {
		return err
	}
	_, err = w.Write(doc)
	return err
}
