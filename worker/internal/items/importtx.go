package items

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/imports"
	"github.com/fualab/fualab/shared/items"
)

// errMoved means that another worker has advanced an import.
var errMoved = errors.New("another worker is at this import")

// on calls f with the present import, and saves its changes. The import is
// locked until f returns. Everything that f does is in one transaction. on
// returns errMoved if the import's mark differs from seen's.
func (s importStore) on(ctx context.Context, seen *imports.Import, f func(ctx context.Context, tx importTx, i *imports.Import) error) error {
	err := s.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		i := new(imports.Import)
		query := tx.NewSelect().Model(i).Where("id = ?", seen.ID)
		if s.db.IsPostgres() {
			query = query.For("UPDATE")
		}
		if err := query.Scan(ctx); err != nil {
			return err
		}
		if i.State != seen.State || i.BytesRead != seen.BytesRead || i.Line != seen.Line {
			return errMoved
		}
		if err := f(ctx, importTx{s.db, tx, i.ID}, i); err != nil {
			return err
		}
		if _, err := tx.NewUpdate().Model(i).ExcludeColumn("created_at", "columns").WherePK().Exec(ctx); err != nil {
			return err
		}
		*seen = *i
		return nil
	})
	return database.Error(err, "advance import %d", seen.ID)
}

// importTx is the transaction of one batch of an import.
type importTx struct {
	db *database.DB
	tx bun.Tx
	id int64
}

// Both statements name a row by the whole primary key, so that they use its
// index, even if the table has grown since they were planned.
const (
	noteKeys = `INSERT INTO import_keys (import_id, external_id, line)
SELECT $1, external_id, line FROM unnest($2::text[], $3::bigint[]) AS new (external_id, line)
ON CONFLICT DO NOTHING`
	readKeys = `SELECT new.external_id, there.line FROM unnest($2::text[]) AS new (external_id),
LATERAL (SELECT line FROM import_keys WHERE import_id = $1 AND external_id = new.external_id LIMIT 1) AS there`
)

// claim records the lines of external ids. For each id that an earlier line has
// claimed, it returns that line.
func (t importTx) claim(ctx context.Context, lines map[string]int64) (map[string]int64, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	if t.db.IsPostgres() {
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

func (t importTx) claimOnPostgres(ctx context.Context, lines map[string]int64) (map[string]int64, error) {
	ids, at := make([]string, 0, len(lines)), make([]int64, 0, len(lines))
	for id, line := range lines {
		ids, at = append(ids, id), append(at, line)
	}
	noted, err := t.tx.Tx.ExecContext(ctx, noteKeys, t.db.Prepared(), t.id, ids, at)
	if all, err := isAll(noted, err, len(lines)); all || err != nil {
		return nil, err
	}
	rows, err := t.tx.Tx.QueryContext(ctx, readKeys, t.db.Prepared(), t.id, ids)
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

// importColumns are the columns of an existing item that an import needs.
var importColumns = []string{
	"id", "external_id", "name", "description", "attributes", "status", "expires_at", "version", "enriched_version", "created_at", "updated_at",
}

// itemsBy returns the living items with one of externalIDs, by these ids, and
// locks them.
func (t importTx) itemsBy(ctx context.Context, externalIDs []string) (map[string]*items.Item, error) {
	return t.selectBy(ctx, externalIDs, importColumns)
}

// taken is itemsBy for an import that changes no items: it returns their ids
// only, without a lock.
func (t importTx) taken(ctx context.Context, externalIDs []string) (map[string]*items.Item, error) {
	return t.selectBy(ctx, externalIDs, []string{"id", "external_id"})
}

func (t importTx) selectBy(ctx context.Context, externalIDs, columns []string) (map[string]*items.Item, error) {
	if len(externalIDs) == 0 {
		return nil, nil
	}
	var all []*items.Item
	query := t.tx.NewSelect().Model(&all).Column(columns...).Where("deleted_at IS NULL").Order("id")
	if t.db.IsPostgres() {
		query = query.Where("external_id = ANY (?)", pgdialect.Array(externalIDs)).For("UPDATE")
	} else {
		query = query.Where("external_id IN (?)", bun.List(externalIDs))
	}
	err := query.Scan(ctx)
	by := make(map[string]*items.Item, len(all))
	for _, item := range all {
		by[*item.ExternalID] = item
	}
	return by, err
}

// Both take any number of items in one statement, as columns of texts.
const (
	insertImported = `INSERT INTO items (name, description, attributes, status, expires_at, version, enriched_version, search_text, created_at, updated_at, external_id, created_by, updated_by)
SELECT name, description, attributes::jsonb, 'active', expires_at::timestamptz, 1, 0, search_text, created_at::timestamptz, updated_at::timestamptz, external_id, created_by, updated_by
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
     AS new (name, description, attributes, expires_at, search_text, updated_at, updated_by, created_at, external_id, created_by)`
	updateImported = `UPDATE items SET name = new.name, description = new.description, attributes = new.attributes::jsonb,
       expires_at = new.expires_at::timestamptz, search_text = new.search_text, updated_at = new.updated_at::timestamptz,
       updated_by = new.updated_by, status = new.status, version = new.version::bigint
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
     AS new (name, description, attributes, expires_at, search_text, updated_at, updated_by, status, version, id)
WHERE items.id = new.id::bigint`
)

// shared returns the texts of an item that both statements write.
func shared(it *items.Item) []*string {
	attributes, updated := string(it.Attributes), it.UpdatedAt.String()
	var expires *string
	if it.ExpiresAt != nil {
		at := it.ExpiresAt.String()
		expires = &at
	}
	return []*string{&it.Name, &it.Description, &attributes, expires, &it.SearchText, &updated, it.UpdatedBy}
}

// execColumns executes a prepared statement with the columns of the items'
// texts.
func (t importTx) execColumns(ctx context.Context, statement string, all []*items.Item, texts func(*items.Item) []*string) error {
	var columns [][]*string
	for row, item := range all {
		for c, text := range texts(item) {
			if row == 0 {
				columns = append(columns, make([]*string, len(all)))
			}
			columns[c][row] = text
		}
	}
	args := []any{t.db.Prepared()}
	for _, column := range columns {
		args = append(args, column)
	}
	_, err := t.tx.Tx.ExecContext(ctx, statement, args...)
	return err
}

// insert inserts items. If another item has got one of the external ids, it
// returns an errs.Conflict error and inserts none.
func (t importTx) insert(ctx context.Context, all []*items.Item) error {
	if len(all) == 0 {
		return nil
	}
	if !t.db.IsPostgres() {
		_, err := t.tx.NewInsert().Model(&all).ExcludeColumn("id").Exec(ctx)
		return err
	}
	return t.execColumns(ctx, insertImported, all, func(it *items.Item) []*string {
		created := it.CreatedAt.String()
		return append(shared(it), &created, it.ExternalID, it.CreatedBy)
	})
}

// update writes the clients' fields of items.
func (t importTx) update(ctx context.Context, all []*items.Item) error {
	if len(all) == 0 {
		return nil
	}
	if t.db.IsPostgres() {
		return t.execColumns(ctx, updateImported, all, func(it *items.Item) []*string {
			status, version, id := string(it.Status), strconv.FormatInt(it.Version, 10), strconv.FormatInt(it.ID, 10)
			return append(shared(it), &status, &version, &id)
		})
	}
	for _, item := range all {
		if _, err := t.tx.NewUpdate().Model(item).
			Column("name", "description", "attributes", "status", "expires_at", "version", "search_text", "updated_at", "updated_by").WherePK().Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// keepFaults stores faults.
func (t importTx) keepFaults(ctx context.Context, faults []imports.Error) error {
	if len(faults) == 0 {
		return nil
	}
	_, err := t.tx.NewInsert().Model(&faults).Exec(ctx)
	return err
}

// forgetFaults deletes all faults before the next phase finds them again.
func (t importTx) forgetFaults(ctx context.Context) error {
	_, err := t.tx.NewRaw("DELETE FROM import_errors WHERE import_id = ?", t.id).Exec(ctx)
	return err
}
