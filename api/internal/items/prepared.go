package items

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/items"
)

// What is asked all the time goes past bun on Postgres: prepared once a
// connection, with its arguments apart.

var selectItems = "SELECT " + strings.Join(itemColumns, ", ") + " FROM items WHERE id = ANY($1)"

// reading is an item that a request waits for.
type reading struct {
	id   int64
	item *items.Item // nil: there is none
}

// readItem is anyItem without a lock. Requests that read at the same time share
// a statement, which begins after each of them has come.
func (s *Store) readItem(ctx context.Context, id int64) (*items.Item, error) {
	if !s.db.IsPostgres() {
		return anyItem(ctx, s.db, id, false)
	}
	own := &reading{id: id}
	if err := s.reading.Join(ctx, own); err != nil {
		return nil, err
	}
	if own.item == nil {
		return nil, errs.New(errs.NotFound, notFound)
	}
	return own.item, nil
}

func (s *Store) readItems(ctx context.Context, all []*reading) error {
	ids := make([]int64, len(all))
	for i, r := range all {
		ids[i] = r.id
	}
	found := make(map[int64]*items.Item, len(all))
	rows, err := s.db.Pool.Query(ctx, selectItems, s.db.Prepared(), ids)
	if err == nil {
		err = scanItems(rows, found)
	}
	for _, r := range all {
		r.item = found[r.id]
	}
	return database.Error(err, "select %d items", len(all))
}

func scanItems(rows pgx.Rows, into map[int64]*items.Item) error {
	defer rows.Close()
	for rows.Next() {
		it := new(items.Item)
		if err := rows.Scan(&it.ID, &it.Name, &it.Description, &it.Attributes, (*string)(&it.Status), &it.ExpiresAt,
			&it.Slug, &it.Fingerprint, &it.DuplicateOf, &it.Version, &it.EnrichedVersion,
			&it.CreatedAt, &it.UpdatedAt, &it.DeletedAt, &it.ExternalID); err != nil {
			return err
		}
		into[it.ID] = it
	}
	return rows.Err()
}

// insertItems takes any number of items in one statement, and gives them ids in
// their order.
const insertItems = `INSERT INTO items (name, description, attributes, status, expires_at, version, enriched_version, search_text, created_at, updated_at, external_id, created_by, updated_by)
SELECT name, description, attributes::jsonb, 'active', expires_at, 1, 0, search_text, created_at, created_at, external_id, created_by, created_by
FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::timestamptz[], $7::text[], $8::text[])
     AS new (name, description, attributes, expires_at, search_text, created_at, external_id, created_by)
RETURNING id`

// insertPrepared inserts new items on Postgres.
func (s *Store) insertPrepared(ctx context.Context, items []*items.Item) error {
	n := len(items)
	names, descriptions, attributes, searchTexts := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	externalIDs, authors := make([]*string, n), make([]*string, n)
	expiries, created := make([]*time.Time, n), make([]time.Time, n)
	for i, it := range items {
		names[i], descriptions[i], attributes[i], searchTexts[i] = it.Name, it.Description, string(it.Attributes), it.SearchText
		externalIDs[i], authors[i], created[i] = it.ExternalID, it.CreatedBy, it.CreatedAt.Std()
		if it.ExpiresAt != nil {
			at := it.ExpiresAt.Std()
			expiries[i] = &at
		}
	}
	rows, err := tx.QueryOn(ctx, s.db)(ctx, insertItems, s.db.Prepared(), names, descriptions, attributes, expiries, searchTexts, created, externalIDs, authors)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for i := 0; rows.Next(); i++ {
		if err := rows.Scan(&items[i].ID); err != nil {
			return err
		}
	}
	return rows.Err()
}
