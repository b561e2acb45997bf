package api

import (
	"io"

	"github.com/fualab/fualab/api/internal/httpapi"
)

//go:generate sh -c "go run ./cmd/fualab-api openapi > openapi.json"

// WriteOpenAPI writes the OpenAPI 3.1 document, as /openapi.json serves it.
func WriteOpenAPI(w io.Writer) error {
	doc, err := httpapi.OpenAPI()
	if err != nil {
		return err
	}
	_, err = w.Write(doc)
	return err
}
