package items

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/rowfile"
)

const exportDescription = "As CSV or NDJSON, one item a line, by id and as they all were at one moment, however long the transfer takes. `POST /api/imports` reads it back to the same items, " +
	"with ids of their own. The columns are external_id, name, description, attributes (JSON), expires_at and created_at. In CSV a cell that a spreadsheet would compute, " +
	"one that begins with =, +, -, @, a tab or a line break, stands behind an apostrophe, which an import takes away again. " +
	"An answer that breaks off is not whole: its transfer ends with an error."

type exportInput struct {
	Format string `query:"format" enum:"csv,ndjson" default:"csv" doc:"CSV with a header row (RFC 4180), or one JSON object a line."`
	ItemFilters
	AcceptEncoding string `header:"Accept-Encoding" doc:"With gzip the answer is compressed."`
}

type exportHandlers struct {
	store *Store
	log   *slog.Logger
}

var exportTypes = map[string]string{rowfile.CSV: "text/csv", rowfile.NDJSON: "application/x-ndjson"}

func (h *exportHandlers) register(api *rest.API) {
	content := map[string]*huma.MediaType{}
	for _, media := range exportTypes {
		content[media] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	rest.Handle(api, rest.Operation{Scope: auth.Read, Class: rest.Exports, Operation: huma.Operation{
		OperationID: "export-items", Method: http.MethodGet, Path: itemsPath + "/export", Tags: []string{"Items"},
		Summary: "Export items", Description: exportDescription,
		Responses: map[string]*huma.Response{"200": {Description: "The items that the filters choose", Content: content}},
	}}, h.export)
}

func (h *exportHandlers) export(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	if faults := in.faults(); len(faults) > 0 {
		return nil, errs.InvalidFields(faults...)
	}
	return rest.File{
		Name: "items." + in.Format, Type: exportTypes[in.Format], AcceptEncoding: in.AcceptEncoding, Log: h.log,
		Write: func(ctx context.Context, to io.Writer) error { return h.write(ctx, to, in) },
	}.Response(ctx), nil
}

func (h *exportHandlers) write(ctx context.Context, to io.Writer, in *exportInput) error {
	file, err := items.NewWriter(to, in.Format)
	if err != nil {
		return err
	}
	if err := h.store.ExportItems(ctx, in.filter(), func(item *items.Item) error { return file.Write(item) }); err != nil {
		return err
	}
	return file.Flush()
}
