package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
)

// ErrMoved says that another worker has taken an import further.
var ErrMoved = errors.New("another worker is at this import")

// OnImport calls f with the import as it is, which nobody else changes until f
// has returned, saves what f makes of it, and is one transaction with what else
// f does in it. It returns ErrMoved if the import is not at the mark where seen
// is.
func (s *Store) OnImport(ctx context.Context, seen *model.Import, f func(ctx context.Context, tx ImportTx, i *model.Import) error) error {
	err := s.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		i := new(model.Import)
		query := tx.NewSelect().Model(i).Where("id = ?", seen.ID)
		if s.db.IsPostgres() {
			query = query.For("UPDATE")
		}
		if err := query.Scan(ctx); err != nil {
			return err
		}
		if i.State != seen.State || i.BytesRead != seen.BytesRead || i.Line != seen.Line {
			return ErrMoved
		}
		if err := f(ctx, ImportTx{s, tx, i.ID}, i); err != nil {
			return err
		}
		if _, err := tx.NewUpdate().Model(i).ExcludeColumn("created_at", "columns").WherePK().Exec(ctx); err != nil {
			return err
		}
		*seen = *i
		return nil
	})
	return database.Error(err, "take import %d further", seen.ID)
}

// ImportTx is what a batch of an import reads and writes.
type ImportTx struct {
	store *Store
	tx    bun.Tx
	id    int64
}

// Both name a row by the whole primary key, so that they find it by that however
// much the table has grown since they were planned.
const (
	noteKeys = `INSERT INTO import_keys (import_id, external_id, line)
SELECT $1, external_id, line FROM unnest($2::text[], $3::bigint[]) AS new (external_id, line)
ON CONFLICT DO NOTHING`
	readKeys = `SELECT new.external_id, there.line FROM unnest($2::text[]) AS new (external_id),
LATERAL (SELECT line FROM import_keys WHERE import_id = $1 AND external_id = new.external_id LIMIT 1) AS there`
)

// Claim notes which external ids stand in which lines, and returns for each that
// was noted before the line where it stands first.
func (t ImportTx) Claim(ctx context.Context, lines map[string]int64) (map[string]int64, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	if t.store.db.IsPostgres() {
		return t.claimOnPostgres(ctx, lines)
	}
	type key struct {
		bun.BaseModel `bun:"table:import_keys"`
		ImportID      int64
		ExternalID    string
		Line          int64
	}
	keys, ids := make([]key, 0, len(lines)), make([]string, 0, len(lines))
	for id, line := range lines {
		keys, ids = append(keys, key{ImportID: t.id, ExternalID: id, Line: line}), append(ids, id)
	}
	noted, err := t.tx.NewInsert().Model(&keys).On("CONFLICT DO NOTHING").Exec(ctx)
	if all, err := isAll(noted, err, len(lines)); all || err != nil {
		return nil, err
	}
	var first []key
	err = t.tx.NewSelect().Model(&first).Column("external_id", "line").
		Where("import_id = ?", t.id).Where("external_id IN (?)", bun.List(ids)).Scan(ctx)
	found := make(map[string]int64, len(first))
	for _, k := range first {
		found[k.ExternalID] = k.Line
	}
	return found, err
}

func (t ImportTx) claimOnPostgres(ctx context.Context, lines map[string]int64) (map[string]int64, error) {
	ids, at := make([]string, 0, len(lines)), make([]int64, 0, len(lines))
	for id, line := range lines {
		ids, at = append(ids, id), append(at, line)
	}
	noted, err := t.tx.Tx.ExecContext(ctx, noteKeys, t.store.db.Prepared(), t.id, ids, at)
	if all, err := isAll(noted, err, len(lines)); all || err != nil {
		return nil, err
	}
	rows, err := t.tx.Tx.QueryContext(ctx, readKeys, t.store.db.Prepared(), t.id, ids)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	found := make(map[string]int64, len(lines))
	for rows.Next() {
		var id string
		var line int64
		if err := rows.Scan(&id, &line); err != nil {
			return nil, err
		}
		found[id] = line
	}
	return found, rows.Err()
}

// isAll reports whether a statement affected n rows.
func isAll(result sql.Result, err error, n int) (bool, error) {
	if err != nil {
		return false, err
	}
	affected, err := result.RowsAffected()
	return affected == int64(n), err
}

// importColumns are what an import has to know of an item that is there.
var importColumns = []string{
	"id", "external_id", "name", "description", "attributes", "status", "expires_at", "version", "enriched_version", "created_at", "updated_at",
}

// ItemsBy returns the living items that have one of externalIDs, by those, and
// holds them.
func (t ImportTx) ItemsBy(ctx context.Context, externalIDs []string) (map[string]*model.Item, error) {
	if len(externalIDs) == 0 {
		return nil, nil
	}
	var items []*model.Item
	query := t.tx.NewSelect().Model(&items).Column(importColumns...).Where("deleted_at IS NULL").Order("id")
	if t.store.db.IsPostgres() {
		query = query.Where("external_id = ANY (?)", pgdialect.Array(externalIDs)).For("UPDATE")
	} else {
		query = query.Where("external_id IN (?)", bun.List(externalIDs))
	}
	err := query.Scan(ctx)
	by := make(map[string]*model.Item, len(items))
	for _, item := range items {
		by[*item.ExternalID] = item
	}
	return by, err
}

// Both take any number of items in one statement, as columns of texts.
const (
	insertImported = `INSERT INTO items (name, description, attributes, status, expires_at, version, enriched_version, search_text, created_at, updated_at, external_id)
SELECT name, description, attributes::jsonb, 'active', expires_at::timestamptz, 1, 0, search_text, created_at::timestamptz, updated_at::timestamptz, external_id
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
     AS new (name, description, attributes, expires_at, search_text, updated_at, created_at, external_id)`
	updateImported = `UPDATE items SET name = new.name, description = new.description, attributes = new.attributes::jsonb,
       expires_at = new.expires_at::timestamptz, search_text = new.search_text, updated_at = new.updated_at::timestamptz,
       status = new.status, version = new.version::bigint
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
     AS new (name, description, attributes, expires_at, search_text, updated_at, status, version, id)
WHERE items.id = new.id::bigint`
)

// imported returns what both say of an item.
func imported(it *model.Item) []*string {
	attributes, updated := string(it.Attributes), it.UpdatedAt.String()
	var expires *string
	if it.ExpiresAt != nil {
		at := it.ExpiresAt.String()
		expires = &at
	}
	return []*string{&it.Name, &it.Description, &attributes, expires, &it.SearchText, &updated}
}

// execColumns executes a prepared statement with the columns that the items'
// texts make.
func (t ImportTx) execColumns(ctx context.Context, statement string, items []*model.Item, texts func(*model.Item) []*string) error {
	var columns [][]*string
	for row, item := range items {
		for c, text := range texts(item) {
			if row == 0 {
				columns = append(columns, make([]*string, len(items)))
			}
			columns[c][row] = text
		}
	}
	args := []any{t.store.db.Prepared()}
	for _, column := range columns {
		args = append(args, column)
	}
	_, err := t.tx.Tx.ExecContext(ctx, statement, args...)
	return err
}

// InsertItems inserts items. One whose external id another item has got
// meanwhile is an errs.Conflict error, after which nothing is done.
func (t ImportTx) InsertItems(ctx context.Context, items []*model.Item) error {
	if len(items) == 0 {
		return nil
	}
	if !t.store.db.IsPostgres() {
		_, err := t.tx.NewInsert().Model(&items).ExcludeColumn("id").Exec(ctx)
		return err
	}
	return t.execColumns(ctx, insertImported, items, func(it *model.Item) []*string {
		created := it.CreatedAt.String()
		return append(imported(it), &created, it.ExternalID)
	})
}

// UpdateItems writes what clients decide about items.
func (t ImportTx) UpdateItems(ctx context.Context, items []*model.Item) error {
	if len(items) == 0 {
		return nil
	}
	if t.store.db.IsPostgres() {
		return t.execColumns(ctx, updateImported, items, func(it *model.Item) []*string {
			status, version, id := string(it.Status), strconv.FormatInt(it.Version, 10), strconv.FormatInt(it.ID, 10)
			return append(imported(it), &status, &version, &id)
		})
	}
	for _, item := range items {
		if _, err := t.tx.NewUpdate().Model(item).
			Column("name", "description", "attributes", "status", "expires_at", "version", "search_text", "updated_at").WherePK().Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// KeepFaults adds faults to those that are kept.
func (t ImportTx) KeepFaults(ctx context.Context, faults []model.ImportError) error {
	if len(faults) == 0 {
		return nil
	}
	_, err := t.tx.NewInsert().Model(&faults).Exec(ctx)
	return err
}

// ForgetFaults deletes all faults, before they are found again.
func (t ImportTx) ForgetFaults(ctx context.Context) error {
	_, err := t.tx.NewRaw("DELETE FROM import_errors WHERE import_id = ?", t.id).Exec(ctx)
	return err
}
