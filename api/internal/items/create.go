package items

import (
	"context"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
)

// CreateItem inserts one item and returns it. Those that are created at the
// same time share a statement, see combine.Combiner, but for one in a transaction.
func (s *Store) CreateItem(ctx context.Context, fields items.Fields) (*items.Item, error) {
	item := newItem(ctx, fields, model.NewTime(s.now()))
	if _, in := tx.Of(ctx); in {
		return item, s.insertItems(ctx, []*items.Item{item})
	}
	return item, s.creating.Join(ctx, item)
}

// CreateItems inserts one item for each of fields, all or none, and returns
// them in the same order.
func (s *Store) CreateItems(ctx context.Context, fields ...items.Fields) ([]*items.Item, error) {
	now := model.NewTime(s.now())
	items := make([]*items.Item, len(fields))
	for i, f := range fields {
		items[i] = newItem(ctx, f, now)
	}
	return items, s.insertItems(ctx, items)
}

// newItem returns an item that the caller of ctx creates.
func newItem(ctx context.Context, fields items.Fields, now model.Time) *items.Item {
	item := items.New(fields, now)
	item.CreatedBy = author(ctx)
	item.UpdatedBy = item.CreatedBy
	return item
}

// author returns the caller that ctx belongs to, as rows and the log name it,
// or nil if it is not known.
func author(ctx context.Context) *string {
	p, known := auth.From(ctx)
	if !known {
		return nil
	}
	return &p.ID
}

func (s *Store) insertItems(ctx context.Context, items []*items.Item) error {
	var err error
	if s.db.IsPostgres() {
		err = s.insertPrepared(ctx, items)
	} else {
		_, err = tx.On(ctx, s.db).NewInsert().Model(&items).ExcludeColumn("id").Returning("id").Exec(ctx)
	}
	return taken(database.Error(err, "insert %d items", len(items)))
}
