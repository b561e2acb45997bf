package resource

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/access"
	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/errs"
)

// maxBatch bounds the rows of one batch.
const maxBatch = 1000

// The inputs and outputs of all entities are the same to huma: bodies and queries are read by the declaration. After an
// operation is registered, its document gets the entity's own schemas and, for the words in braces, its name.

// payload is a body in JSON that huma has validated.
type payload struct{ json []byte }

// UnmarshalJSON keeps a copy of the text.
func (p *payload) UnmarshalJSON(text []byte) error {
	p.json = bytes.Clone(text)
	return nil
}

// Schema implements huma.SchemaProvider: a schema to be replaced.
func (payload) Schema(huma.Registry) *huma.Schema { return new(huma.Schema) }

// encoded is a row or a list of rows in JSON.
type encoded struct{ rest.Encoded }

// Schema implements huma.SchemaProvider: a schema to be replaced.
func (encoded) Schema(huma.Registry) *huma.Schema { return new(huma.Schema) }

type rowOutput struct {
	Status   int
	Location string `header:"Location" doc:"Of a new {record}."`
	ETag     string `header:"ETag" doc:"The {record}'s version: for If-Match and If-None-Match."`
	Body     encoded
}

type rowsOutput struct {
	Body encoded `doc:"The new {records}, in the order of the request."`
}

type listOutput struct {
	Link  []string `header:"Link" doc:"rel=next and rel=prev, where there is such a page (RFC 8288)."`
	Total *int64   `header:"X-Total-Count" doc:"How many {records} the filters choose; only if asked for."`
	Body  encoded
}

type createInput struct{ Body payload }

type readInput struct {
	ID          int64  `path:"id" doc:"The {record}'s id."`
	IfMatch     string `header:"If-Match" doc:"Answer only if the {record} is still at one of these ETags; 412 otherwise."`
	IfNoneMatch string `header:"If-None-Match" doc:"ETags that the client has; 304 if one of them is current."`
}

type changeInput struct {
	ID          int64   `path:"id" doc:"The {record}'s id."`
	IfMatch     string  `header:"If-Match" doc:"Go ahead only if the {record} is still at one of these ETags; 412 otherwise."`
	IfNoneMatch string  `header:"If-None-Match" doc:"Go ahead only if the {record} is at none of these ETags; 412 otherwise."`
	Body        payload `contentType:"application/merge-patch+json"`
}

type deleteInput struct {
	ID          int64  `path:"id" doc:"The {record}'s id."`
	IfMatch     string `header:"If-Match" doc:"Go ahead only if the {record} is still at one of these ETags; 412 otherwise."`
	IfNoneMatch string `header:"If-None-Match" doc:"Go ahead only if the {record} is at none of these ETags; 412 otherwise."`
}

type restoreInput struct {
	ID int64 `path:"id" doc:"The {record}'s id."`
}

// listInput is a query that the declaration reads.
type listInput struct{ query url.Values }

// Resolve implements huma.Resolver.
func (in *listInput) Resolve(c huma.Context) []error {
	u := c.URL()
	in.query = u.Query()
	return nil
}

// Serve registers the entity's operations, and returns its store.
func (r *Resource[T]) Serve(api *rest.API, deps Deps) *Store[T] {
	s := r.Store(deps)
	s.serve(api)
	return s
}

func (s *store) serve(api *rest.API) {
	d, doc := s.d, api.Document()
	d.describe(doc.Components.Schemas)
	row, fresh := d.reference("").Ref, d.reference(createSuffix).Ref
	many := &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Ref: row}}
	created := &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Ref: row}, Description: d.named("The new {records}, in the order of the request.")}
	batch := &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Ref: fresh}, MinItems: new(1), MaxItems: new(maxBatch)}
	guarded := rest.Preconditions(d.Name, s.Log, s.current)

	s.register(api, s.operation(Export), nil, nil, handling(s.handleExport(doc.Components.Schemas)))
	s.register(api, s.operation(Import), nil, nil, handling(s.handleImport))
	s.register(api, s.operation(Create), d.reference(createSuffix), d.reference(""), handling(s.handleCreate))
	s.register(api, s.operation(CreateBatch), batch, created, handling(s.handleBatch))
	s.register(api, s.operation(List), nil, many, handling(s.handleList(doc.Components.Schemas)))
	s.register(api, s.operation(Read), nil, d.reference(""), handling(s.handleRead))
	change, remove := s.operation(Change), s.operation(Delete)
	change.Middlewares, remove.Middlewares = guarded, guarded
	s.register(api, change, d.reference(patchSuffix), d.reference(""), handling(s.handleChange))
	s.register(api, remove, nil, nil, handling(s.handleDelete))
	s.register(api, s.operation(Restore), nil, d.reference(""), handling(s.handleRestore))
	if d.visible == nil { // otherwise a row or a page is not the same for all callers
		api.Cached(rest.Resource{Kind: s.kind, Noun: d.Name, Path: d.Path, Scope: auth.Read, Read: s.readEntry})
	}
}

func (s *store) handleCreate(ctx context.Context, in *createInput) (*rowOutput, error) {
	row := s.d.fresh()
	if faults := s.d.decodeNew(in.Body.json, reflect.ValueOf(row).Elem()); len(faults) > 0 {
		return nil, errs.InvalidFields(faults...)
	}
	if err := s.create(ctx, access.From(ctx), []any{row}, true); err != nil {
		return nil, err
	}
	out := outputOf(http.StatusCreated, s.entry(ctx, row))
	out.Location = fmt.Sprintf("%s/%d", s.d.Path, row.(based).base().ID)
	return out, nil
}

func (s *store) handleBatch(ctx context.Context, in *createInput) (*rowsOutput, error) {
	rows, faults := s.d.decodeMany(in.Body.json)
	if len(faults) > 0 {
		return nil, errs.InvalidFields(faults...)
	}
	if err := s.create(ctx, access.From(ctx), rows, false); err != nil {
		return nil, err
	}
	return &rowsOutput{Body: encodedOf(s.encodeAll(rows))}, nil
}

func (s *store) handleRead(ctx context.Context, in *readInput) (*rowOutput, error) {
	entry, err := s.readEntry(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := outputOf(http.StatusOK, entry)
	if !rest.Match(in.IfMatch, entry.ETag) {
		return nil, errs.Changed(s.d.Name)
	}
	if rest.NoneMatch(in.IfNoneMatch, entry.ETag) {
		out.Status = http.StatusNotModified
	}
	return out, nil
}

func (s *store) handleChange(ctx context.Context, in *changeInput) (*rowOutput, error) {
	current := s.currentVersion(ctx)
	row, err := s.change(ctx, access.From(ctx), in.ID, Change, func(old, row any) error {
		if err := (rest.Conditions{IfMatch: in.IfMatch, IfNoneMatch: in.IfNoneMatch}).ForChange(s.d.Name, current(old)); err != nil {
			return err
		}
		if faults := s.d.decodePatch(in.Body.json, reflect.ValueOf(row).Elem()); len(faults) > 0 {
			return errs.InvalidFields(faults...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return outputOf(http.StatusOK, s.entry(ctx, row)), nil
}

func (s *store) handleDelete(ctx context.Context, in *deleteInput) (*struct{}, error) {
	current := s.currentVersion(ctx)
	_, err := s.change(ctx, access.From(ctx), in.ID, Delete, func(old, _ any) error {
		return rest.Conditions{IfMatch: in.IfMatch, IfNoneMatch: in.IfNoneMatch}.ForChange(s.d.Name, current(old))
	})
	return nil, err
}

func (s *store) handleRestore(ctx context.Context, in *restoreInput) (*rowOutput, error) {
	row, err := s.change(ctx, access.From(ctx), in.ID, Restore, nil)
	if err != nil {
		return nil, err
	}
	return outputOf(http.StatusOK, s.entry(ctx, row)), nil
}

func (s *store) handleList(schemas huma.Registry) func(context.Context, *listInput) (*listOutput, error) {
	parameters := s.d.listParameters()
	return func(ctx context.Context, in *listInput) (*listOutput, error) {
		l, err := s.d.parse(schemas, parameters, in.query)
		if err != nil {
			return nil, err
		}
		entry, err := rest.Load(ctx, s.Cache, func(ctx context.Context) (*cache.Entry, error) { return s.pageEntry(ctx, l) })
		if err != nil {
			return nil, err
		}
		return &listOutput{Link: entry.Links, Total: entry.Total, Body: encodedOf(entry.Body)}, nil
	}
}

// current is the version of a living row, for its preconditions.
func (s *store) current(ctx context.Context, id int64) (cache.Version, error) {
	row, err := s.read(ctx, access.From(ctx), id)
	if err != nil {
		return cache.Version{}, err
	}
	return s.version(ctx, row), nil
}

// currentVersion returns a function that tells the version of a row. It reads the epoch now, before a transaction begins.
func (s *store) currentVersion(ctx context.Context) func(row any) cache.Version {
	epoch := s.Epoch.Epoch(ctx)
	return func(row any) cache.Version { return s.versionIn(epoch, row) }
}

// readEntry reads a row for the cache.
func (s *store) readEntry(ctx context.Context, id int64) (*cache.Entry, error) {
	row, err := s.read(ctx, access.From(ctx), id)
	if err != nil {
		return nil, err
	}
	return s.entry(ctx, row), nil
}

// pageEntry reads a page for the cache.
func (s *store) pageEntry(ctx context.Context, l *listing) (*cache.Entry, error) {
	caller := access.From(ctx)
	rows, more, err := s.page(ctx, caller, l)
	if err != nil {
		return nil, err
	}
	entry := &cache.Entry{Body: s.encodeAll(rows)}
	if len(rows) > 0 {
		entry.Links = l.page.Links(s.d.Path, l.canonical(), s.d.positionOf(rows[0], l), s.d.positionOf(rows[len(rows)-1], l), more)
	}
	if l.total {
		n, err := s.count(ctx, caller, l.choices)
		if err != nil {
			return nil, err
		}
		entry.Total = &n
	}
	return entry, nil
}

// entry encodes a row once for all that get it.
func (s *store) entry(ctx context.Context, row any) *cache.Entry {
	v := s.version(ctx, row)
	body := encode(func(to []byte) []byte {
		s.d.completed(row)
		return s.d.appendRow(to, reflect.ValueOf(row).Elem())
	})
	return &cache.Entry{Body: body, ETag: rest.ETag(v), Version: v}
}

func (s *store) encodeAll(rows []any) []byte {
	return encode(func(to []byte) []byte {
		for _, row := range rows {
			s.d.completed(row)
		}
		return s.d.appendRows(to, rows)
	})
}

func (d *declaration) completed(row any) {
	if d.complete != nil {
		d.complete(row)
	}
}

func outputOf(status int, e *cache.Entry) *rowOutput {
	return &rowOutput{Status: status, ETag: e.ETag, Body: encodedOf(e.Body)}
}

func encodedOf(body []byte) encoded { return encoded{rest.Encoded{JSON: body}} }

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// mostPooled keeps a page of large rows from staying in the pool.
const mostPooled = 1 << 20

// encode returns the bytes that f appends and a line feed, in no more memory than they take.
func encode(f func(to []byte) []byte) []byte {
	buffer := buffers.Get().(*[]byte)
	*buffer = append(f((*buffer)[:0]), '\n')
	body := bytes.Clone(*buffer)
	if cap(*buffer) <= mostPooled {
		buffers.Put(buffer)
	}
	return body
}
