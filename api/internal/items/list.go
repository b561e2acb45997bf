package items

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/keyset"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/items"
)

// ItemFilters choose the items of a list or an export. It is exported because Huma
// looks into no other embedded type.
type ItemFilters struct {
	Status        string      `query:"status" enum:"active,expired" doc:"Only items with this status."`
	Q             string      `query:"q" maxLength:"200" doc:"Only items whose name or description contains this text, in any case."`
	ExternalID    string      `query:"external_id" maxLength:"255" doc:"Only the item with this external_id."`
	DuplicateOf   int64       `query:"duplicate_of" minimum:"1" doc:"Only duplicates of the item with this id; see duplicate_of."`
	CreatedAfter  rest.Moment `query:"created_after" doc:"Only items created after this time."`
	CreatedBefore rest.Moment `query:"created_before" doc:"Only items created before this time."`
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
	entry, err := rest.Load(ctx, h.cache, func(ctx context.Context) (*cache.Entry, error) { return h.readPage(ctx, in, page) })
	if err != nil {
		return nil, err
	}
	return &listOutput{Link: entry.Links, Total: entry.Total, Body: encodedItems{rest.Encoded{JSON: entry.Body}}}, nil
}

func (h *itemHandlers) readPage(ctx context.Context, in *listInput, page Page) (*cache.Entry, error) {
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
	entry.Body, err = rest.Encode(itemBodies(items))
	return entry, err
}

// page checks and converts the query.
func (in *listInput) page() (Page, error) {
	if faults := in.faults(); len(faults) > 0 {
		return Page{}, errs.InvalidFields(faults...)
	}
	column, descending := strings.CutPrefix(in.Sort, "-")
	page := Page{Filter: in.filter(), Page: keyset.Page{Order: orders[column], Limit: in.Limit}}
	page.Order.Descending = descending
	var err error
	if page.From, err = page.Order.Position(in.Cursor, in.query()); err != nil {
		return page, errs.InvalidFields(errs.Field{In: "query", Pointer: "cursor", Message: err.Error()})
	}
	return page, nil
}

func (in *ItemFilters) filter() Filter {
	return Filter{
		Status: items.Status(in.Status), Query: in.Q, ExternalID: in.ExternalID, DuplicateOf: in.DuplicateOf,
		CreatedAfter: in.CreatedAfter.Instant(), CreatedBefore: in.CreatedBefore.Instant(),
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
	if _, err := in.CreatedAfter.Read(); err != nil {
		fault("created_after", err.Error())
	}
	if _, err := in.CreatedBefore.Read(); err != nil {
		fault("created_before", err.Error())
	}
	return faults
}

// links points to the neighbouring pages.
func (in *listInput) links(p Page, items []*items.Item, more bool) []string {
	if len(items) == 0 {
		return nil
	}
	return p.Links(itemsPath, in.query(), position(items[0], p.Order.Column), position(items[len(items)-1], p.Order.Column), more)
}

// position is the place of an item in a list that a column sorts.
func position(item *items.Item, column string) keyset.Position {
	at := keyset.Position{ID: item.ID}
	switch column {
	case "created_at":
		at.Key = item.CreatedAt
	case "updated_at":
		at.Key = item.UpdatedAt
	case "name":
		at.Key = item.Name
	}
	return at
}

// query is the sort and the filters: what a cursor is bound to.
func (in *listInput) query() url.Values {
	q := url.Values{"sort": {in.Sort}}
	if in.DuplicateOf != 0 {
		q.Set("duplicate_of", strconv.FormatInt(in.DuplicateOf, 10))
	}
	for name, value := range map[string]string{"status": in.Status, "q": in.Q, "external_id": in.ExternalID, "created_after": in.CreatedAfter.RFC3339(), "created_before": in.CreatedBefore.RFC3339()} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}
