package httpapi

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/store"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/itemfile"
	"github.com/fualab/fualab/shared/model"
)

const importsPath = "/api/imports"

const importsDescription = "The body is the file: CSV with a header row, or one JSON object a line (NDJSON), in UTF-8, plain or gzip (told by its first bytes). It is answered once it is stored; a worker reads it, first to validate every row, then to import. " +
	"Columns that are not external_id, name, description, attributes, expires_at or created_at become attributes, as text in CSV. An empty cell is no value. " +
	"If more rows than max_errors are rejected by the validation, no item changes.\n\n" +
	"A large file goes in parts (draft-ietf-httpbis-resumable-upload): POST with `Upload-Complete: ?0` and the first part, or no body; then PATCH /api/imports/{id} with `Upload-Offset` " +
	"and the next part, the last one with `Upload-Complete: ?1`. HEAD /api/imports/{id} tells after a broken transfer where it goes on. With an Idempotency-Key the body has 8 MiB at most: send the rest by PATCH."

type importHandlers struct {
	store   *store.Store
	limit   int64 // bytes of a file
	publish func(events.Event)
}

type importOutput struct {
	Status   int
	Location string `header:"Location" doc:"Of a new import."`
	Offset   int64  `header:"Upload-Offset" doc:"How many bytes of the file are there."`
	Complete string `header:"Upload-Complete" doc:"?1 once the file is there, ?0 before."`
	Body     importBody
}

type importInput struct {
	ID int64 `path:"id" doc:"The import's id."`
}

type importsInput struct {
	Limit  int   `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Most imports in one page."`
	Before int64 `query:"before" minimum:"1" doc:"Only imports older than the one with this id; from a Link."`
}

type importsOutput struct {
	Link string `header:"Link" doc:"rel=next, where there are older imports (RFC 8288)."`
	Body []importBody
}

type importErrorsInput struct {
	ID     int64  `path:"id" doc:"The import's id."`
	Format string `query:"format" enum:"json,csv" default:"json" doc:"csv is a file to download."`
}

func (h *importHandlers) register(o operations) {
	const one = importsPath + "/{id}"
	tags := []string{"Imports"}
	handle(o, huma.Operation{
		OperationID: "create-import", Method: http.MethodPost, Path: importsPath, Tags: tags, DefaultStatus: http.StatusAccepted,
		Summary: "Import items from a file", Description: importsDescription, RequestBody: fileBody("text/csv", "application/x-ndjson", "application/gzip"),
		Middlewares: huma.Middlewares{withStream}, Errors: []int{408, 413, 415},
		Responses: map[string]*huma.Response{"201": {Description: "The file is not complete: PATCH the rest", Content: jsonOf(o, importBody{})}},
	}, h.create)
	handle(o, huma.Operation{
		OperationID: "append-import", Method: http.MethodPatch, Path: one, Tags: tags,
		Summary: "Send the next part of a file", Description: "409 if it does not begin where the upload goes on, which GET or HEAD of the import tells in Upload-Offset.",
		RequestBody: fileBody("application/partial-upload"), Middlewares: huma.Middlewares{withStream}, Errors: []int{400, 404, 408, 409, 413},
		Responses: map[string]*huma.Response{"202": {Description: "The file is complete", Content: jsonOf(o, importBody{})}},
	}, h.appendPart)
	handle(o, huma.Operation{
		OperationID: "list-imports", Method: http.MethodGet, Path: importsPath, Tags: tags,
		Summary: "List imports, newest first", Description: "Imports are kept for as long as runs are; their files only until they end, or for a day if they do not come to be complete.",
	}, h.list)
	handle(o, huma.Operation{
		OperationID: "get-import", Method: http.MethodGet, Path: one, Tags: tags, Summary: "Get an import, and how far it has got", Errors: []int{404},
	}, h.get)
	handle(o, huma.Operation{
		OperationID: "list-import-errors", Method: http.MethodGet, Path: one + "/errors", Tags: tags,
		Summary: "List the faults of a file", Description: "The first 1000, in its order.", Errors: []int{404},
		Responses: map[string]*huma.Response{"200": {Description: "The faults", Content: map[string]*huma.MediaType{
			"application/json": jsonOf(o, []importErrorBody{})["application/json"], "text/csv": {Schema: &huma.Schema{Type: huma.TypeString}},
		}}},
	}, h.errors)
	handle(o, huma.Operation{
		OperationID: "cancel-import", Method: http.MethodPost, Path: one + "/cancel", Tags: tags,
		Summary: "Cancel an import", Description: "At once before a worker has begun; after the batch in progress otherwise, which the answer tells by cancel_requested. inserted and updated tell what is in, and stays. 409 for an import that has ended.", Errors: []int{404, 409},
	}, h.cancel)
}

// jsonOf documents an answer.
func jsonOf(o operations, v any) map[string]*huma.MediaType {
	schema := o.api.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(v), true, "")
	return map[string]*huma.MediaType{"application/json": {Schema: schema}}
}

func importOutputOf(status int, i *model.Import) *importOutput {
	out := &importOutput{Status: status, Offset: i.BytesReceived, Complete: "?1", Body: importBodyOf(i)}
	if i.State == model.ImportUploading {
		out.Complete = "?0"
	}
	return out
}

func (h *importHandlers) get(ctx context.Context, in *importInput) (*importOutput, error) {
	i, err := h.store.Import(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return importOutputOf(http.StatusOK, i), nil
}

func (h *importHandlers) list(ctx context.Context, in *importsInput) (*importsOutput, error) {
	imports, more, err := h.store.Imports(ctx, in.Before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &importsOutput{Body: make([]importBody, len(imports))}
	for n, i := range imports {
		out.Body[n] = importBodyOf(i)
	}
	if more {
		out.Link = fmt.Sprintf(`<%s?before=%d&limit=%d>; rel="next"`, importsPath, imports[len(imports)-1].ID, in.Limit)
	}
	return out, nil
}

func (h *importHandlers) cancel(ctx context.Context, in *importInput) (*importOutput, error) {
	i, err := h.store.CancelImport(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	h.store.AfterCommit(ctx, func() { h.publish(events.OfImport(i)) })
	return importOutputOf(http.StatusOK, i), nil
}

func (h *importHandlers) errors(ctx context.Context, in *importErrorsInput) (*huma.StreamResponse, error) {
	faults, err := h.store.ImportErrors(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	header := map[string]string{"Content-Type": "application/json"}
	if in.Format == "csv" {
		header = map[string]string{"Content-Type": "text/csv", "Content-Disposition": fmt.Sprintf(`attachment; filename="import-%d-errors.csv"`, in.ID)}
		err = writeFaults(csv.NewWriter(&body), faults)
	} else {
		bodies := make([]importErrorBody, len(faults))
		for n, f := range faults {
			bodies[n] = importErrorBody{f.Line, f.Field, f.Reason}
		}
		err = marshalJSON(&body, bodies)
	}
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		for name, value := range header {
			c.SetHeader(name, value)
		}
		c.SetStatus(http.StatusOK)
		_, _ = c.BodyWriter().Write(body.Bytes()) // the client may be gone
	}}, nil
}

func writeFaults(w *csv.Writer, faults []*model.ImportError) error {
	rows := [][]string{{"line", "column", "reason"}}
	for _, f := range faults {
		rows = append(rows, []string{strconv.FormatInt(f.Line, 10), itemfile.Neutral(f.Field), f.Reason})
	}
	return w.WriteAll(rows)
}
