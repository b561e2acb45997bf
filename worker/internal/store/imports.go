package store

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"strconv"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// NextImport returns the oldest import behind the one with the id after that
// waits for a worker or has been begun, or an errs.NotFound error.
func (s *Store) NextImport(ctx context.Context, after int64) (*model.Import, error) {
	i := new(model.Import)
	err := s.db.NewSelect().Model(i).Where("state IN ('queued', 'validating', 'importing')").Where("id > ?", after).
		Order("id").Limit(1).Scan(ctx)
	return i, database.Error(err, "select the next import")
}

// ImportFile returns the file of an import from the byte offset on, as it was
// sent. Reading holds one chunk in memory.
func (s *Store) ImportFile(ctx context.Context, id, offset int64) io.Reader {
	return &importFile{ctx: ctx, store: s, id: id, offset: offset}
}

type importFile struct {
	ctx        context.Context // of one pass, which the file does not outlive
	store      *Store
	id, offset int64
	chunk      []byte
}

func (f *importFile) Read(p []byte) (int, error) {
	if len(f.chunk) == 0 {
		if err := f.load(); err != nil {
			return 0, err
		}
	}
	n := copy(p, f.chunk)
	f.chunk, f.offset = f.chunk[n:], f.offset+int64(n)
	return n, nil
}

// load reads the chunk that offset lies in.
func (f *importFile) load() error {
	first, data, err := f.read()
	err = database.Error(err, "read import %d at byte %d", f.id, f.offset)
	if errs.Is(err, errs.NotFound) {
		return io.EOF
	}
	if err != nil {
		return err
	}
	if skip := f.offset - first; skip < int64(len(data)) {
		f.chunk = data[skip:]
		return nil
	}
	return io.EOF
}

// read returns the chunk that begins at offset or before; from Postgres as the
// bytes that it is, of which bun would have a text.
func (f *importFile) read() (first int64, data []byte, err error) {
	const from, last = "SELECT first_byte, data FROM import_chunks WHERE import_id = ", " ORDER BY first_byte DESC LIMIT 1"
	if db := f.store.db; db.IsPostgres() {
		err = db.DB.DB.QueryRowContext(f.ctx, from+"$1 AND first_byte <= $2"+last, db.Prepared(), f.id, f.offset).Scan(&first, &data)
	} else {
		err = db.NewRaw(from+"? AND first_byte <= ?"+last, f.id, f.offset).Scan(f.ctx, &first, &data)
	}
	return first, data, err
}

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

// AbandonImports cancels up to limit imports whose upload has not gone on since
// before cutoff, and returns how many.
func (s *Store) AbandonImports(ctx context.Context, cutoff, now model.Time, limit int) (int64, error) {
	return s.affected(ctx, "abandon uploads", `UPDATE imports SET state = 'cancelled', updated_at = ?, finished_at = ?,
		error = 'The file did not come to be complete within a day.'
		WHERE id IN (SELECT id FROM imports WHERE NOT cleared AND updated_at < ? AND state = 'uploading' LIMIT ? ?)`,
		now, now, cutoff, limit, s.skipLocked())
}

// ClearImport deletes up to limit rows of the file and the keys of an import
// that has ended, and returns how many. With none left it is done, and another
// has its turn; it returns 0 when none is left.
func (s *Store) ClearImport(ctx context.Context, limit int) (int64, error) {
	var id int64
	err := s.db.NewRaw("SELECT id FROM imports WHERE NOT cleared AND state IN ('completed', 'failed', 'cancelled') ORDER BY updated_at LIMIT 1").Scan(ctx, &id)
	err = database.Error(err, "look for an import to clear")
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	keys, err := s.affected(ctx, "clear the keys of an import", `DELETE FROM import_keys WHERE import_id = ? AND external_id IN
		(SELECT external_id FROM import_keys WHERE import_id = ? LIMIT ?)`, id, id, limit)
	if err != nil || keys > 0 {
		return keys, err
	}
	chunks, err := s.affected(ctx, "clear the file of an import", "DELETE FROM import_chunks WHERE import_id = ?", id)
	if err != nil {
		return chunks, err
	}
	marked, err := s.affected(ctx, "note that an import is clear", "UPDATE imports SET cleared = ? WHERE id = ?", true, id)
	return chunks + marked, err
}

// PruneImports deletes up to limit imports that ended before cutoff and are
// clear, with their faults, and returns how many.
func (s *Store) PruneImports(ctx context.Context, cutoff model.Time, limit int) (int64, error) {
	const old = "(SELECT id FROM imports WHERE cleared AND updated_at < ? ORDER BY updated_at LIMIT ?)"
	if _, err := s.affected(ctx, "prune faults", "DELETE FROM import_errors WHERE import_id IN "+old, cutoff, limit); err != nil {
		return 0, err
	}
	return s.affected(ctx, "prune imports", "DELETE FROM imports WHERE id IN "+old, cutoff, limit)
}

// affected executes a statement and returns how many rows it affected.
func (s *Store) affected(ctx context.Context, attempt, query string, args ...any) (int64, error) {
	result, err := s.db.NewRaw(query, args...).Exec(ctx)
	if err != nil {
		return 0, database.Error(err, "%s", attempt)
	}
	n, err := result.RowsAffected()
	return n, database.Error(err, "%s", attempt)
}
