package items

import (
	"context"
	"io"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/imports"
	"github.com/fualab/fualab/shared/model"
)

// importStore reads and writes imports. It is safe for concurrent use.
type importStore struct{ db *database.DB }

// next returns the oldest waiting or begun import after the id after, or an
// errs.NotFound error.
func (s importStore) next(ctx context.Context, after int64) (*imports.Import, error) {
	i := new(imports.Import)
	err := s.db.NewSelect().Model(i).Where("state IN (?)", bun.List(imports.Begun())).Where("id > ?", after).
		Order("id").Limit(1).Scan(ctx)
	return i, database.Error(err, "select the next import")
}

// cancelled reports whether a user has cancelled an import.
func (s importStore) cancelled(ctx context.Context, id int64) (cancelled bool, err error) {
	err = s.db.NewRaw("SELECT cancel_requested FROM imports WHERE id = ?", id).Scan(ctx, &cancelled)
	return cancelled, database.Error(err, "read whether import %d is cancelled", id)
}

// release takes back one of an import's begun passes, because it has ended in
// order.
func (s importStore) release(ctx context.Context, id int64) error {
	_, err := s.affected(ctx, "release an import", "UPDATE imports SET passes_begun = passes_begun - 1 WHERE id = ? AND passes_begun > 0", id)
	return err
}

// file returns the file of an import from the byte offset on, as it was sent.
// It has one chunk in memory.
func (s importStore) file(ctx context.Context, id, offset int64) io.Reader {
	return &importFile{ctx: ctx, store: s, id: id, offset: offset}
}

type importFile struct {
	ctx        context.Context // the context of one pass; the file does not outlive it
	store      importStore
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

// load reads the chunk that contains offset.
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

// read returns the chunk that begins at offset or before. On Postgres it
// bypasses bun, which would return text instead of bytes.
func (f *importFile) read() (first int64, data []byte, err error) {
	const from, last = "SELECT first_byte, data FROM import_chunks WHERE import_id = ", " ORDER BY first_byte DESC LIMIT 1"
	if db := f.store.db; db.IsPostgres() {
		err = db.DB.DB.QueryRowContext(f.ctx, from+"$1 AND first_byte <= $2"+last, db.Prepared(), f.id, f.offset).Scan(&first, &data)
	} else {
		err = db.NewRaw(from+"? AND first_byte <= ?"+last, f.id, f.offset).Scan(f.ctx, &first, &data)
	}
	return first, data, err
}

// abandon cancels at most limit imports without a new part since cutoff, and
// returns their number.
func (s importStore) abandon(ctx context.Context, cutoff, now model.Time, limit int) (int64, error) {
	return s.affected(ctx, "abandon uploads", `UPDATE imports SET state = ?, updated_at = ?, finished_at = ?,
		error = 'The file did not come to be complete within a day.'
		WHERE id IN (SELECT id FROM imports WHERE NOT cleared AND updated_at < ? AND state = ? LIMIT ? ?)`,
		imports.Cancelled, now, now, cutoff, imports.Uploading, limit, s.db.SkipLocked())
}

// clear deletes at most limit rows of the file and the keys of an ended import,
// and returns their number. After the last row, it marks the import and
// continues with the next one. It returns 0 if no import is left.
func (s importStore) clear(ctx context.Context, limit int) (int64, error) {
	var id int64
	err := s.db.NewRaw("SELECT id FROM imports WHERE NOT cleared AND state IN (?) ORDER BY updated_at LIMIT 1", bun.List(imports.Over())).Scan(ctx, &id)
	err = database.Error(err, "find an import to clear")
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
	marked, err := s.affected(ctx, "mark an import as clear", "UPDATE imports SET cleared = ? WHERE id = ?", true, id)
	return chunks + marked, err
}

// prune deletes at most limit clear imports that ended before cutoff, with
// their faults, and returns their number.
func (s importStore) prune(ctx context.Context, cutoff model.Time, limit int) (int64, error) {
	const old = "(SELECT id FROM imports WHERE cleared AND updated_at < ? ORDER BY updated_at LIMIT ?)"
	if _, err := s.affected(ctx, "prune faults", "DELETE FROM import_errors WHERE import_id IN "+old, cutoff, limit); err != nil {
		return 0, err
	}
	return s.affected(ctx, "prune imports", "DELETE FROM imports WHERE id IN "+old, cutoff, limit)
}

// affected executes a statement and returns the number of affected rows.
func (s importStore) affected(ctx context.Context, attempt, query string, args ...any) (int64, error) {
	result, err := s.db.NewRaw(query, args...).Exec(ctx)
	if err != nil {
		return 0, database.Error(err, "%s", attempt)
	}
	n, err := result.RowsAffected()
	return n, database.Error(err, "%s", attempt)
}
