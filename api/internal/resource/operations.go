package resource

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/rowfile"
)

// documentedOperation is an operation of the document, by the layer's name for it.
type documentedOperation struct {
	rest.Operation
	which Operation
}

// operation returns the document of an operation, in its own words or those of Options.Docs.
func (s *store) operation(which Operation) documentedOperation {
	d := s.d
	one, many := hyphened(d.Name), hyphened(d.Plural)
	row := d.Path + "/{id}"
	op := documentedOperation{which: which}
	op.Tags, op.Scope = []string{capital(d.Plural)}, auth.Write
	set := func(id, method, path, summary, description string, problems ...int) {
		op.OperationID, op.Method, op.Path, op.Errors = id, method, path, problems
		op.Summary, op.Description = d.named(summary), d.named(description)
	}
	switch which {
	case List:
		set("list-"+many, http.MethodGet, d.Path, "List {records}", "A page costs the same however deep it lies. {Records} that stand while a client pages are seen exactly once, whatever others insert or delete.")
		op.Scope, op.Class, op.Counts = auth.Read, rest.Costly, rest.SearchOrTotal
		op.Parameters, op.SkipValidateParams = documented(d.listParameters()), true
	case Create:
		set("create-"+one, http.MethodPost, d.Path, "Create {a record}", "", 400, 413, 415)
		op.DefaultStatus, op.MaxBodyBytes = http.StatusCreated, rest.MaxBody
	case CreateBatch:
		set("create-"+many, http.MethodPost, d.Path+"/batch", fmt.Sprintf("Create up to %d {records}, all or none", maxBatch), "", 400, 413, 415)
		op.DefaultStatus, op.MaxBodyBytes, op.BodyReadTimeout, op.Class = http.StatusCreated, rest.MaxBatchBody, rest.BatchTimeout, rest.Costly
	case Read:
		set("get-"+one, http.MethodGet, row, "Get {a record}", "", 404, 412)
		op.Scope, op.Responses = auth.Read, map[string]*huma.Response{"304": {Description: "The client's copy is current"}}
	case Change:
		set("patch-"+one, http.MethodPatch, row, "Change {a record}", "A JSON Merge Patch (RFC 7396): absent fields stay, null takes away"+d.merging()+".", 400, 404, 409, 412, 413, 415)
		op.MaxBodyBytes = rest.MaxBody
	case Delete:
		set("delete-"+one, http.MethodDelete, row, "Delete {a record}", "It can be restored.", 404, 412)
		op.DefaultStatus = http.StatusNoContent
	case Restore:
		set("restore-"+one, http.MethodPost, row+"/restore", "Restore a deleted {record}", "As its next version. {A record} that is not deleted is answered as it is; 404 for one that never was or has been purged"+d.retaken()+".", 404)
	case Export:
		set("export-"+many, http.MethodGet, d.Path+"/export", "Export {records}", "As CSV or NDJSON, one {record} a line, by id and as they all were at one moment, however long the transfer takes. "+
			"An import reads it back to the same {records}, with ids of their own. The columns are "+joined(d.filed, "and")+". In CSV a cell that a spreadsheet would compute, "+
			"one that begins with =, +, -, @, a tab or a line break, stands behind an apostrophe, which an import takes away again. "+
			"An answer that breaks off is not whole: its transfer ends with an error.")
		op.Scope, op.Class = auth.Read, rest.Exports
		content := map[string]*huma.MediaType{}
		for _, media := range fileTypes {
			content[media] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
		}
		op.Responses = map[string]*huma.Response{"200": {Description: d.named("The {records} that the filters choose"), Content: content}}
		op.Parameters, op.SkipValidateParams = documented(d.exportParameters()), true
	case Import:
		set("import-"+many, http.MethodPost, d.Path+"/import", "Import {records}", "All rows of the file, or none: CSV with a header row, or one JSON object a line (NDJSON), in UTF-8, of 8 MiB at most. The columns are those of an export. An empty cell is no value.", 400, 413, 415)
		op.Class, op.RequestBody, op.Middlewares = rest.Transfers, rest.FileBody(fileTypes[rowfile.CSV], fileTypes[rowfile.NDJSON]), huma.Middlewares{rest.WithStream}
	}
	if own := d.Docs[string(which)]; own != "" {
		op.Description = d.named(own)
	}
	return op
}

// merging is the part of a description about objects.
func (d *declaration) merging() string {
	var objects []*column
	for _, c := range d.columns {
		if c.kind == object && c.given {
			objects = append(objects, c)
		}
	}
	if objects == nil {
		return ""
	}
	return ", " + joined(objects, "and") + " merge"
}

// retaken is the part of a description about unique values.
func (d *declaration) retaken() string {
	var unique []*column
	for _, c := range d.columns {
		if c.unique {
			unique = append(unique, c)
		}
	}
	if unique == nil {
		return ""
	}
	return ", 409 if another " + d.Name + " has its " + joined(unique, "or") + " by now"
}

// handling registers a handler.
func handling[I, O any](f func(context.Context, *I) (*O, error)) func(*rest.API, rest.Operation) {
	return func(api *rest.API, op rest.Operation) { rest.Handle(api, op, f) }
}

// register registers an operation, or its replacement, and completes its document: body and response are its
// schemas, nil for those that are complete.
func (s *store) register(api *rest.API, op documentedOperation, body, response *huma.Schema, handle func(*rest.API, rest.Operation)) {
	if replacement := s.d.replaced[op.which]; replacement != nil {
		replacement(api, op.Operation, s)
	} else {
		handle(api, op.Operation)
	}
	there := registered(api.Document(), op.Path, op.Method)
	if there == nil {
		return // the entity does not have it
	}
	op.Operation.Operation = *there
	for _, p := range op.Parameters {
		p.Description = s.d.named(p.Description)
		p.Schema.Description = s.d.named(p.Schema.Description)
	}
	for _, r := range op.Responses {
		for _, h := range r.Headers {
			h.Schema.Description = s.d.named(h.Schema.Description)
		}
		replace(r.Content, response)
	}
	if op.RequestBody != nil {
		replace(op.RequestBody.Content, body)
	}
}

// replace puts schema in the place of one that huma made for a payload or an encoded.
func replace(content map[string]*huma.MediaType, schema *huma.Schema) {
	for _, media := range content {
		if s := media.Schema; schema != nil && s != nil && s.Type == "" && s.Ref == "" {
			*s = *schema // in place, because huma validates by it
			s.PrecomputeMessages()
		}
	}
}

// registered returns an operation of the document, nil for none.
func registered(doc *huma.OpenAPI, path, method string) *huma.Operation {
	at := doc.Paths[path]
	switch {
	case at == nil:
		return nil
	case method == http.MethodGet:
		return at.Get
	case method == http.MethodPost:
		return at.Post
	case method == http.MethodPatch:
		return at.Patch
	default:
		return at.Delete
	}
}
