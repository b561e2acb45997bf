package items

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/combine"
	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
)

// Store reads and writes items. It is safe for concurrent use.
type Store struct {
	db  *database.DB
	now func() time.Time

	reading  *combine.Combiner[*reading] // of single items, on Postgres
	creating *combine.Combiner[*items.Item]
}

// NewStore returns the items in db, which are dated by now.
func NewStore(db *database.DB, now func() time.Time) *Store {
	s := &Store{db: db, now: now}
	s.reading = combine.New(db, s.readItems)
	s.creating = combine.New(db, s.insertItems)
	return s
}

// itemColumns are the columns that make up an item; search_text is only ever
// searched and written.
var itemColumns = []string{
	"id", "name", "description", "attributes", "status", "expires_at",
	"slug", "fingerprint", "duplicate_of", "version", "enriched_version",
	"created_at", "updated_at", "deleted_at", "external_id",
}

// clientColumns are the columns that a client's change writes.
var clientColumns = []string{
	"name", "description", "attributes", "status", "expires_at",
	"version", "search_text", "updated_at", "external_id", "updated_by",
}

// lifeColumns are the columns that a deletion writes, and taking it back.
var lifeColumns = []string{"deleted_at", "updated_at", "version", "updated_by"}

// Item returns the item with the given id, or an errs.NotFound error.
func (s *Store) Item(ctx context.Context, id int64) (*items.Item, error) {
	it, err := s.readItem(ctx, id)
	return living(it, err)
}

// UpdateItem loads the item with the given id, lets change decide, and saves
// what it made of it as one transaction: concurrent changes of one item
// happen one after another. It returns the new item, an errs.NotFound error,
// or change's own.
func (s *Store) UpdateItem(ctx context.Context, id int64, change func(*items.Item) (items.Fields, error)) (*items.Item, error) {
	var changed *items.Item
	err := tx.In(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		it, err := item(ctx, tx, id, s.db.IsPostgres())
		if err != nil {
			return err
		}
		fields, err := change(it)
		if err != nil {
			return err
		}
		it.Change(fields, model.NewTime(s.now()))
		it.UpdatedBy = author(ctx)
		changed = it
		_, err = tx.NewUpdate().Model(it).Column(clientColumns...).WherePK().Exec(ctx)
		return err
	})
	return changed, taken(database.Error(err, "update item %d", id))
}

// DeleteItem marks the item as deleted; the worker purges it later. check
// sees the item first and may refuse. It returns the item as it is then, or
// an errs.NotFound error for one that is deleted already.
func (s *Store) DeleteItem(ctx context.Context, id int64, check func(*items.Item) error) (*items.Item, error) {
	var deleted *items.Item
	err := tx.In(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		it, err := item(ctx, tx, id, s.db.IsPostgres())
		if err != nil {
			return err
		}
		if err := check(it); err != nil {
			return err
		}
		now := model.NewTime(s.now())
		it.DeletedAt, it.UpdatedAt, it.UpdatedBy = &now, now, author(ctx)
		it.Version++
		deleted = it
		_, err = tx.NewUpdate().Model(it).Column(lifeColumns...).WherePK().Exec(ctx)
		return err
	})
	return deleted, database.Error(err, "delete item %d", id)
}

// RestoreItem takes a deletion back, as the item's next version. Its
// fingerprint goes: the item is back among its duplicates only when the worker
// has put it there, who then looks at the others, too. It returns the item and whether it was deleted,
// which one that lives was not, or an errs.NotFound error for one that never
// was or has been purged.
func (s *Store) RestoreItem(ctx context.Context, id int64) (it *items.Item, restored bool, err error) {
	err = tx.In(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if it, err = anyItem(ctx, tx, id, s.db.IsPostgres()); err != nil || it.DeletedAt == nil {
			return err
		}
		restored = true
		it.DeletedAt, it.UpdatedAt, it.Fingerprint, it.UpdatedBy = nil, model.NewTime(s.now()), nil, author(ctx)
		it.Version++
		_, err = tx.NewUpdate().Model(it).Column(lifeColumns...).Column("fingerprint").WherePK().Exec(ctx)
		return err
	})
	return it, restored, taken(database.Error(err, "restore item %d", id))
}

// item reads one living item, or an errs.NotFound error.
func item(ctx context.Context, db bun.IDB, id int64, lock bool) (*items.Item, error) {
	it, err := anyItem(ctx, db, id, lock)
	return living(it, err)
}

func living(it *items.Item, err error) (*items.Item, error) {
	if err == nil && it.DeletedAt != nil {
		return nil, errs.New(errs.NotFound, notFound)
	}
	return it, err
}

// taken says which record a change of items conflicts with: only external_id is
// unique.
func taken(err error) error {
	if !errs.Is(err, errs.Conflict) {
		return err
	}
	return errs.Wrap(errs.Conflict, "Another item has this external_id. GET /api/items?external_id= finds it; change or delete that one, or choose another.", err)
}

const notFound = "Item not found"

// anyItem reads one item, deleted or not; lock holds its row until the
// transaction ends. SQLite's transactions hold the whole database from their
// beginning.
func anyItem(ctx context.Context, db bun.IDB, id int64, lock bool) (*items.Item, error) {
	it := new(items.Item)
	query := db.NewSelect().Model(it).Column(itemColumns...).Where("id = ?", id)
	if lock {
		query = query.For("UPDATE")
	}
	return it, itemError(query.Scan(ctx), id)
}

func itemError(err error, id int64) error {
	err = database.Error(err, "select item %d", id)
	if errs.Is(err, errs.NotFound) {
		return errs.Wrap(errs.NotFound, notFound, err)
	}
	return err
}
