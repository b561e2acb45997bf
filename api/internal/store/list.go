package store

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
)

// Filter chooses items. The zero value chooses every living one.
type Filter struct {
	Status        model.Status
	Query         string // text that name or description contain
	ExternalID    string // "": any or none
	DuplicateOf   int64  // the id of the item that they are duplicates of; 0: any or none
	CreatedAfter  *model.Time
	CreatedBefore *model.Time
}

// Sort is an order of items. Each is total: the id breaks ties.
type Sort struct {
	Column     string // id, created_at, updated_at or name
	Descending bool
}

// Position is the place between two items in a Sort: the keys of the item
// before it, or after it when Before is set.
type Position struct {
	Key    any // a model.Time or a string, by the sort's column; nil for id
	ID     int64
	Before bool // the page that ends here, rather than the one that begins
}

// Page asks for the Limit items next to From.
type Page struct {
	Filter Filter
	Sort   Sort
	From   *Position // nil: the beginning
	Limit  int
}

// Items returns one page in the sort's order, and whether there is more in
// the direction of the page: behind it, or before it when From.Before is set.
// A page costs the same however deep it lies: an index finds its first row.
func (s *Store) Items(ctx context.Context, p Page) (items []*model.Item, more bool, err error) {
	backward := p.From != nil && p.From.Before
	query := s.filtered(p.Filter).Model(&items).Column(itemColumns...).Limit(int64(p.Limit) + 1)
	order(query, p.Sort, backward)
	if p.From != nil {
		beyond(query, p.Sort, p.From)
	}
	if err := query.Scan(ctx); err != nil {
		return nil, false, database.Error(err, "select a page of items")
	}
	if more = len(items) > p.Limit; more {
		items = items[:p.Limit]
	}
	if backward {
		slices.Reverse(items)
	}
	return items, more, nil
}

// CountItems counts what filter chooses. Its cost grows with the count.
func (s *Store) CountItems(ctx context.Context, filter Filter) (int64, error) {
	n, err := s.filtered(filter).Model((*model.Item)(nil)).Count(ctx)
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
		query = s.search(query, model.SearchKey(f.Query))
	}
	return query
}

var escapeLike = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// search finds key anywhere in search_text, by the trigram index of either
// dialect; a key too short for a trigram is looked for row by row.
func (s *Store) search(query *bun.SelectQuery, key string) *bun.SelectQuery {
	switch {
	case s.db.IsPostgres():
		return query.Where("search_text LIKE ?", "%"+escapeLike.Replace(key)+"%")
	case utf8.RuneCountInString(key) < 3:
		return query.Where("instr(search_text, ?) > 0", key)
	default:
		phrase := `"` + strings.ReplaceAll(key, `"`, `""`) + `"`
		return query.Where("id IN (SELECT rowid FROM items_search WHERE items_search MATCH ?)", phrase)
	}
}

func order(query *bun.SelectQuery, s Sort, backward bool) {
	direction := "ASC"
	if s.Descending != backward {
		direction = "DESC"
	}
	if s.Column != "id" {
		query.OrderExpr("? ?", bun.Ident(s.Column), bun.Safe(direction))
	}
	query.OrderExpr("id ?", bun.Safe(direction))
}

// beyond keeps the rows on the far side of a position. The row comparison is
// what lets the index begin there.
func beyond(query *bun.SelectQuery, s Sort, from *Position) {
	operator := bun.Safe(">")
	if s.Descending != from.Before {
		operator = "<"
	}
	if s.Column == "id" {
		query.Where("id ? ?", operator, from.ID)
		return
	}
	query.Where("(?, id) ? (?, ?)", bun.Ident(s.Column), operator, from.Key, from.ID)
}
