package store

import (
	"context"
	"errors"
	"io"

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
	var chunk struct {
		FirstByte int64
		Data      []byte
	}
	err := f.store.db.NewRaw(`SELECT first_byte, data FROM import_chunks WHERE import_id = ? AND first_byte <= ?
		ORDER BY first_byte DESC LIMIT 1`, f.id, f.offset).Scan(f.ctx, &chunk.FirstByte, &chunk.Data)
	err = database.Error(err, "read import %d at byte %d", f.id, f.offset)
	if errs.Is(err, errs.NotFound) {
		return io.EOF
	}
	if err != nil {
		return err
	}
	if skip := f.offset - chunk.FirstByte; skip < int64(len(chunk.Data)) {
		f.chunk = chunk.Data[skip:]
		return nil
	}
	return io.EOF
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

// claimKeys notes lines, and returns those and the ones that were there.
const claimKeys = `WITH noted AS (
	INSERT INTO import_keys (import_id, external_id, line)
	SELECT $1, external_id, line FROM unnest($2::text[], $3::bigint[]) AS new (external_id, line)
	ON CONFLICT DO NOTHING RETURNING external_id, line
)
SELECT external_id, line FROM noted
UNION ALL SELECT external_id, line FROM import_keys WHERE import_id = $1 AND external_id = ANY ($2)`

// Claim notes which external ids stand in which lines, and returns for each the
// line where it stands first.
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
	if _, err := t.tx.NewInsert().Model(&keys).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return nil, err
	}
	var first []key
	err := t.tx.NewSelect().Model(&first).Column("external_id", "line").
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
	rows, err := t.tx.Tx.QueryContext(ctx, claimKeys, t.store.db.Prepared(), t.id, ids, at)
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

// insertImported takes any number of items in one statement.
const insertImported = `INSERT INTO items (name, description, attributes, status, expires_at, version, enriched_version, search_text, created_at, updated_at, external_id)
SELECT name, description, attributes::jsonb, 'active', expires_at::timestamptz, 1, 0, search_text, created_at::timestamptz, updated_at::timestamptz, external_id
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
     AS new (name, description, attributes, expires_at, search_text, created_at, updated_at, external_id)`

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
	n := len(items)
	texts := [8][]*string{}
	for c := range texts {
		texts[c] = make([]*string, n)
	}
	for r, it := range items {
		attributes, created, updated := string(it.Attributes), it.CreatedAt.String(), it.UpdatedAt.String()
		var expires *string
		if it.ExpiresAt != nil {
			at := it.ExpiresAt.String()
			expires = &at
		}
		for c, value := range [8]*string{&it.Name, &it.Description, &attributes, expires, &it.SearchText, &created, &updated, it.ExternalID} {
			texts[c][r] = value
		}
	}
	_, err := t.tx.Tx.ExecContext(ctx, insertImported, t.store.db.Prepared(),
		texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6], texts[7])
	return err
}

// UpdateItems writes what clients decide about items.
func (t ImportTx) UpdateItems(ctx context.Context, items []*model.Item) error {
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
