package items

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/keyset"
	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
)

// Filter chooses items. The zero value chooses every living one.
type Filter struct {
	Status        items.Status
	Query         string // text that name or description contain
	ExternalID    string // "": any or none
	DuplicateOf   int64  // the id of the item that they are duplicates of; 0: any or none
	CreatedAfter  *model.Time
	CreatedBefore *model.Time
}

// Page asks for a page of the items that Filter chooses.
type Page struct {
	Filter Filter
	keyset.Page
}

// orders are the orders of items, by column.
var orders = map[string]keyset.Order{
	keyset.ID:    {Column: keyset.ID},
	"created_at": {Column: "created_at", Kind: keyset.Instant},
	"updated_at": {Column: "updated_at", Kind: keyset.Instant},
	"name":       {Column: "name", Kind: keyset.Text},
}

// Items returns one page, and whether there is more in its direction; see
// keyset.Read.
func (s *Store) Items(ctx context.Context, p Page) (page []*items.Item, more bool, err error) {
	page, more, err = keyset.Read(p.Page, func(narrow func(*bun.SelectQuery) *bun.SelectQuery) (some []*items.Item, err error) {
		err = narrow(s.filtered(p.Filter).Model(&some).Column(itemColumns...)).Scan(ctx)
		return some, err
	})
	return page, more, database.Error(err, "select a page of items")
}

// CountItems counts what filter chooses. Its cost grows with the count.
func (s *Store) CountItems(ctx context.Context, filter Filter) (int64, error) {
	n, err := s.filtered(filter).Model((*items.Item)(nil)).Count(ctx)
	return n, database.Error(err, "count items")
}

func (s *Store) filtered(f Filter) *bun.SelectQuery {
	query := s.db.NewSelect().Where("deleted_at IS NULL")
	if f.Status != "" {
		query = query.Where("status = ?", f.Status)
	}
	if f.ExternalID != "" {
		query = query.Where("external_id = ?", f.ExternalID)
	}
	if f.DuplicateOf != 0 {
		query = query.Where("duplicate_of = ?", f.DuplicateOf)
	}
	if f.CreatedAfter != nil {
		query = query.Where("created_at > ?", *f.CreatedAfter)
	}
	if f.CreatedBefore != nil {
		query = query.Where("created_at < ?", *f.CreatedBefore)
	}
	if f.Query != "" {
		query = resource.Search(query, s.db, "items", f.Query)
	}
	return query
}
