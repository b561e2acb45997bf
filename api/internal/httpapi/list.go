package httpapi

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/store"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// ItemFilters choose the items of a list or an export. It is exported because Huma
// looks into no other embedded type.
type ItemFilters struct {
	Status        string `query:"status" enum:"active,expired" doc:"Only items with this status."`
	Q             string `query:"q" maxLength:"200" doc:"Only items whose name or description contains this text, in any case."`
	ExternalID    string `query:"external_id" maxLength:"255" doc:"Only the item with this external_id."`
	DuplicateOf   int64  `query:"duplicate_of" minimum:"1" doc:"Only duplicates of the item with this id; see duplicate_of."`
	CreatedAfter  moment `query:"created_after" doc:"Only items created after this time."`
	CreatedBefore moment `query:"created_before" doc:"Only items created before this time."`
}

type listInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Most items in one page."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"From a Link of an earlier answer: opaque, and only good with the same sort and filters."`
	Sort   string `query:"sort" enum:"id,-id,created_at,-created_at,updated_at,-updated_at,name,-name" default:"id" doc:"The order; - is descending. Names sort by code point."`
	ItemFilters
	Total bool `query:"total" doc:"Count all items that the filters choose, in X-Total-Count. It costs as much as there are."`
}

type listOutput struct {
	Link  []string `header:"Link" doc:"rel=next and rel=prev, where there is such a page (RFC 8288)."`
	Total *int64   `header:"X-Total-Count" doc:"How many items the filters choose; only if asked for."`
	Body  encodedItems
}

func (h *itemHandlers) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	entry, err := load(ctx, h.cache, func(ctx context.Context) (*cache.Entry, error) { return h.readPage(ctx, in, page) })
	if err != nil {
		return nil, err
	}
	return &listOutput{Link: entry.Links, Total: entry.Total, Body: encodedItems{encoded{entry.Body}}}, nil
}

func (h *itemHandlers) readPage(ctx context.Context, in *listInput, page store.Page) (*cache.Entry, error) {
	items, more, err := h.store.Items(ctx, page)
	if err != nil {
		return nil, err
	}
	entry := &cache.Entry{Links: in.links(page, items, more)}
	if in.Total {
		n, err := h.store.CountItems(ctx, page.Filter)
		if err != nil {
			return nil, err
		}
		entry.Total = &n
	}
	entry.Body, err = encode(itemBodies(items))
	return entry, err
}

// page checks and converts the query.
func (in *listInput) page() (store.Page, error) {
	if faults := in.faults(); len(faults) > 0 {
		return store.Page{}, errs.InvalidFields(faults...)
	}
	column, descending := strings.CutPrefix(in.Sort, "-")
	page := store.Page{
		Filter: in.filter(),
		Sort:   store.Sort{Column: column, Descending: descending},
		Limit:  in.Limit,
	}
	if in.Cursor == "" {
		return page, nil
	}
	from, err := decodeCursor(in.Cursor, digest(in.query()), column)
	if err != nil {
		return page, errs.InvalidFields(errs.Field{In: "query", Pointer: "cursor", Message: err.Error()})
	}
	page.From = from
	return page, nil
}

func (in *ItemFilters) filter() store.Filter {
	return store.Filter{
		Status: model.Status(in.Status), Query: in.Q, ExternalID: in.ExternalID, DuplicateOf: in.DuplicateOf,
		CreatedAfter: in.CreatedAfter.instant(), CreatedBefore: in.CreatedBefore.instant(),
	}
}

// faults lists what no tag refuses.
func (in *ItemFilters) faults() []errs.Field {
	var faults []errs.Field
	fault := func(parameter, message string) {
		faults = append(faults, errs.Field{In: "query", Pointer: parameter, Message: message})
	}
	if strings.ContainsRune(in.Q, 0) {
		fault("q", "must not contain the NUL character")
	}
	if strings.ContainsRune(in.ExternalID, 0) {
		fault("external_id", "must not contain the NUL character")
	}
	if !model.NewTime(in.CreatedAfter.Time).Representable() {
		fault("created_after", model.YearsExpected)
	}
	if !model.NewTime(in.CreatedBefore.Time).Representable() {
		fault("created_before", model.YearsExpected)
	}
	return faults
}

// links points to the neighbouring pages. A page reached by a cursor has one
// on the side it was reached from, though it may turn out empty.
func (in *listInput) links(p store.Page, items []*model.Item, more bool) []string {
	if len(items) == 0 {
		return nil
	}
	reached := p.From != nil
	backward := reached && p.From.Before
	var links []string
	if (more && !backward) || backward {
		links = append(links, in.link("next", position(items[len(items)-1], p.Sort.Column, false)))
	}
	if (more && backward) || (reached && !backward) {
		links = append(links, in.link("prev", position(items[0], p.Sort.Column, true)))
	}
	return links
}

func (in *listInput) link(rel string, at store.Position) string {
	q := in.query()
	q.Set("limit", strconv.Itoa(in.Limit))
	q.Set("cursor", encodeCursor(at, digest(in.query())))
	return `</api/items?` + q.Encode() + `>; rel="` + rel + `"`
}

// query is the sort and the filters: what a cursor is bound to.
func (in *listInput) query() url.Values {
	q := url.Values{"sort": {in.Sort}}
	if in.DuplicateOf != 0 {
		q.Set("duplicate_of", strconv.FormatInt(in.DuplicateOf, 10))
	}
	for name, value := range map[string]string{"status": in.Status, "q": in.Q, "external_id": in.ExternalID, "created_after": in.CreatedAfter.rfc3339(), "created_before": in.CreatedBefore.rfc3339()} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}
