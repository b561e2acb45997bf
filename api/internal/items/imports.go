package items

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/imports"
	"github.com/fualab/fualab/shared/rowfile"
)

const importsPath = "/api/imports"

const importsDescription = "The body is the file: CSV with a header row, or one JSON object a line (NDJSON), in UTF-8, plain or gzip (told by its first bytes). It is answered once it is stored; a worker reads it, first to validate every row, then to import. " +
	"Columns that are not external_id, name, description, attributes, expires_at or created_at become attributes, as text in CSV. An empty cell is no value. " +
	"If more rows than max_errors are rejected by the validation, no item changes.\n\n" +
	"A large file goes in parts (draft-ietf-httpbis-resumable-upload): POST with `Upload-Complete: ?0` and the first part, or no body; then PATCH /api/imports/{id} with `Upload-Offset` " +
	"and the next part, the last one with `Upload-Complete: ?1`. HEAD /api/imports/{id} tells after a broken transfer where it goes on. With an Idempotency-Key the body has 8 MiB at most: send the rest by PATCH."

type importHandlers struct {
	store   *importStore
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

func (h *importHandlers) register(api *rest.API) {
	const one = importsPath + "/{id}"
	tags := []string{"Imports"}
	rest.Handle(api, rest.Operation{Scope: auth.Write, Class: rest.Transfers, Operation: huma.Operation{
		OperationID: "create-import", Method: http.MethodPost, Path: importsPath, Tags: tags, DefaultStatus: http.StatusAccepted,
		Summary: "Import items from a file", Description: importsDescription, RequestBody: rest.FileBody("text/csv", "application/x-ndjson", "application/gzip"),
		Middlewares: huma.Middlewares{rest.WithStream}, Errors: []int{408, 413, 415},
		Responses: map[string]*huma.Response{"201": {Description: "The file is not complete: PATCH the rest", Content: api.JSON(importBody{})}},
	}}, h.create)
	rest.Handle(api, rest.Operation{Scope: auth.Write, Class: rest.Transfers, Operation: huma.Operation{
		OperationID: "append-import", Method: http.MethodPatch, Path: one, Tags: tags,
		Summary: "Send the next part of a file", Description: "409 if it does not begin where the upload goes on, which GET or HEAD of the import tells in Upload-Offset.",
		RequestBody: rest.FileBody("application/partial-upload"), Middlewares: huma.Middlewares{rest.WithStream}, Errors: []int{400, 404, 408, 409, 413},
		Responses: map[string]*huma.Response{"202": {Description: "The file is complete", Content: api.JSON(importBody{})}},
	}}, h.appendPart)
	rest.Handle(api, rest.Operation{Scope: auth.Read, Operation: huma.Operation{
		OperationID: "list-imports", Method: http.MethodGet, Path: importsPath, Tags: tags,
		Summary: "List imports, newest first", Description: "Imports are kept for as long as runs are; their files only until they end, or for a day if they do not come to be complete.",
	}}, h.list)
	rest.Handle(api, rest.Operation{Scope: auth.Read, Operation: huma.Operation{
		OperationID: "get-import", Method: http.MethodGet, Path: one, Tags: tags, Summary: "Get an import, and how far it has got", Errors: []int{404},
	}}, h.get)
	rest.Handle(api, rest.Operation{Scope: auth.Read, Operation: huma.Operation{
		OperationID: "list-import-errors", Method: http.MethodGet, Path: one + "/errors", Tags: tags,
		Summary: "List the faults of a file", Description: "The first 1000, in its order.", Errors: []int{404},
		Responses: map[string]*huma.Response{"200": {Description: "The faults", Content: map[string]*huma.MediaType{
			"application/json": api.JSON([]importErrorBody{})["application/json"], "text/csv": {Schema: &huma.Schema{Type: huma.TypeString}},
		}}},
	}}, h.errors)
	rest.Handle(api, rest.Operation{Scope: auth.Write, Operation: huma.Operation{
		OperationID: "cancel-import", Method: http.MethodPost, Path: one + "/cancel", Tags: tags,
		Summary: "Cancel an import", Description: "At once before a worker has begun; after the batch in progress otherwise, which the answer tells by cancel_requested. inserted and updated tell what is in, and stays. 409 for an import that has ended.", Errors: []int{404, 409},
	}}, h.cancel)
}

func importOutputOf(status int, i *imports.Import) *importOutput {
	out := &importOutput{Status: status, Offset: i.BytesReceived, Complete: "?1", Body: importBodyOf(i)}
	if i.State == imports.Uploading {
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

// own returns an import that the caller may continue or cancel: its creator, or
// an admin. It returns an errs.Forbidden error for others, which may read it.
func (h *importHandlers) own(ctx context.Context, id int64) (*imports.Import, error) {
	i, err := h.store.Import(ctx, id)
	if err != nil {
		return nil, err
	}
	p, known := auth.From(ctx)
	if known && !p.Scopes.Has(auth.Admin) && (i.CreatedBy == nil || *i.CreatedBy != p.ID) {
		return nil, errs.New(errs.Forbidden, "This import belongs to another caller. Its creator can continue or cancel it, and a token with the scope admin as well.")
	}
	return i, nil
}

func (h *importHandlers) cancel(ctx context.Context, in *importInput) (*importOutput, error) {
	if _, err := h.own(ctx, in.ID); err != nil {
		return nil, err
	}
	i, err := h.store.CancelImport(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	tx.AfterCommit(ctx, func() { h.publish(events.OfImport(i)) })
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
		err = rest.EncodeJSON(&body, bodies)
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

func writeFaults(w *csv.Writer, faults []*imports.Error) error {
	rows := [][]string{{"line", "column", "reason"}}
	for _, f := range faults {
		rows = append(rows, []string{strconv.FormatInt(f.Line, 10), rowfile.Neutral(f.Field), rowfile.Neutral(f.Reason)})
	}
	return w.WriteAll(rows)
}
