package store

import (
	"context"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
)

// CreateItem inserts one item and returns it. Those that are created at the
// same time share a statement, see combiner, but for one in a transaction.
func (s *Store) CreateItem(ctx context.Context, fields model.ItemFields) (*model.Item, error) {
	item := model.NewItem(fields, model.NewTime(s.now()))
	if unitOf(ctx) != nil {
		return item, s.insertItems(ctx, []*model.Item{item})
	}
	return item, s.creating.join(ctx, item)
}

// CreateItems inserts one item for each of fields, all or none, and returns
// them in the same order.
func (s *Store) CreateItems(ctx context.Context, fields ...model.ItemFields) ([]*model.Item, error) {
	now := model.NewTime(s.now())
	items := make([]*model.Item, len(fields))
	for i, f := range fields {
		items[i] = model.NewItem(f, now)
	}
	return items, s.insertItems(ctx, items)
}

func (s *Store) insertItems(ctx context.Context, items []*model.Item) error {
	var err error
	if s.db.IsPostgres() {
		err = s.insertPrepared(ctx, items)
	} else {
		_, err = s.on(ctx).NewInsert().Model(&items).ExcludeColumn("id").Returning("id").Exec(ctx)
	}
	return taken(database.Error(err, "insert %d items", len(items)))
}
