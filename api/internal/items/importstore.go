package items

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/access"
	"github.com/fualab/fualab/api/internal/keyset"
	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/imports"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// importStore holds the imports and their files. It is safe for concurrent use.
type importStore struct {
	db    *database.DB
	queue *runs.Client
	now   func() time.Time
}

// author returns the caller that ctx belongs to, as rows name it, or nil if it is not known.
func author(ctx context.Context) *string {
	caller := access.From(ctx)
	if caller.ID == "" {
		return nil
	}
	return &caller.ID
}

// mostImports bounds the imports that have not ended: their files are in the
// database.
const mostImports = 100

// CreateImport stores an import before its file comes, and fills in its id and
// times. It returns an errs.TooManyRequests error while too many have not
// ended.
func (s *importStore) CreateImport(ctx context.Context, i *imports.Import) error {
	now := model.NewTime(s.now())
	i.Start(now)
	i.CreatedBy, i.UpdatedBy = author(ctx), author(ctx)
	return tx.In(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		open, err := tx.NewSelect().Model((*imports.Import)(nil)).Where("NOT cleared").Where("finished_at IS NULL").Count(ctx)
		if err != nil {
			return database.Error(err, "count the imports that have not ended")
		}
		if open >= mostImports {
			return errs.Newf(errs.TooManyRequests, "%d imports have not ended. Wait for one of them, or cancel it.", open)
		}
		_, err = tx.NewInsert().Model(i).ExcludeColumn("id").Returning("id").Exec(ctx)
		return database.Error(err, "insert an import")
	})
}

// DropImport deletes an import that did not get its file.
func (s *importStore) DropImport(ctx context.Context, id int64) error {
	err := tx.In(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("DELETE FROM import_chunks WHERE import_id = ?", id).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewRaw("DELETE FROM imports WHERE id = ?", id).Exec(ctx)
		return err
	})
	return database.Error(err, "drop import %d", id)
}

// Import returns the import with the given id, or an errs.NotFound error.
func (s *importStore) Import(ctx context.Context, id int64) (*imports.Import, error) {
	return s.importOn(ctx, tx.On(ctx, s.db), id, false)
}

// importOn reads an import; lock holds its row until the transaction ends.
func (s *importStore) importOn(ctx context.Context, db bun.IDB, id int64, lock bool) (*imports.Import, error) {
	i := new(imports.Import)
	query := db.NewSelect().Model(i).Where("id = ?", id)
	if lock && s.db.IsPostgres() {
		query = query.For("UPDATE")
	}
	err := database.Error(query.Scan(ctx), "select import %d", id)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Wrap(errs.NotFound, "Import not found", err)
	}
	return i, err
}

// Imports returns up to limit imports, the newest first, that are older than
// before, 0 for the newest, and whether there are older ones.
func (s *importStore) Imports(ctx context.Context, before int64, limit int) (page []*imports.Import, more bool, err error) {
	newest := keyset.Page{Order: keyset.Order{Column: keyset.ID, Descending: true}, Limit: limit}
	if before != 0 {
		newest.From = &keyset.Position{ID: before}
	}
	page, more, err = keyset.Read(newest, func(narrow func(*bun.SelectQuery) *bun.SelectQuery) (some []*imports.Import, err error) {
		err = narrow(s.db.NewSelect().Model(&some)).Scan(ctx)
		return some, err
	})
	return page, more, database.Error(err, "list imports")
}

// ImportErrors returns the faults that are kept of an import, in the order of
// its file, or an errs.NotFound error.
func (s *importStore) ImportErrors(ctx context.Context, id int64) ([]*imports.Error, error) {
	if _, err := s.Import(ctx, id); err != nil {
		return nil, err
	}
	var faults []*imports.Error
	err := s.db.NewSelect().Model(&faults).Where("import_id = ?", id).Order("position").Limit(imports.MostErrors).Scan(ctx)
	return faults, database.Error(err, "select the faults of import %d", id)
}

// AppendImport adds the next bytes of an import's file, which begin at offset.
// It returns an errs.Conflict error if it has others there, or wants none.
func (s *importStore) AppendImport(ctx context.Context, id, offset int64, data []byte) error {
	err := tx.In(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		i, err := s.importOn(ctx, tx, id, true)
		if err != nil {
			return err
		}
		if err := i.Awaits(offset); err != nil {
			return err
		}
		if err := s.keepChunk(ctx, tx, id, offset, data); err != nil {
			return err
		}
		_, err = tx.NewRaw("UPDATE imports SET bytes_received = ?, updated_at = ?, updated_by = ? WHERE id = ?", offset+int64(len(data)), model.NewTime(s.now()), author(ctx), id).Exec(ctx)
		return err
	})
	return database.Error(err, "append to import %d", id)
}

// keepChunk has Postgres take the bytes as they are, of which bun would make a
// text of twice the length.
func (s *importStore) keepChunk(ctx context.Context, tx bun.Tx, id, offset int64, data []byte) error {
	const insert = "INSERT INTO import_chunks (import_id, first_byte, data) VALUES "
	if s.db.IsPostgres() {
		_, err := tx.Tx.ExecContext(ctx, insert+"($1, $2, $3)", s.db.Prepared(), id, offset, data)
		return err
	}
	_, err := tx.NewRaw(insert+"(?, ?, ?)", id, offset, data).Exec(ctx)
	return err
}

// CompleteImport says that the file ends at offset, and makes the run that
// reads it. It returns the import as it is then, or an errs.Conflict error as
// AppendImport does.
func (s *importStore) CompleteImport(ctx context.Context, id, offset int64) (i *imports.Import, err error) {
	err = tx.In(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if i, err = s.importOn(ctx, tx, id, true); err != nil {
			return err
		}
		if err := i.Awaits(offset); err != nil {
			return err
		}
		i.Uploaded(model.NewTime(s.now()))
		i.UpdatedBy = author(ctx)
		if err := saveImport(ctx, tx, i); err != nil {
			return err
		}
		_, err := runs.InsertTx(ctx, s.queue, tx.Tx, items.ImportTask, runs.Manual)
		return err
	})
	return i, database.Error(err, "complete the upload of import %d", id)
}

// CancelImport ends an import that no worker has begun with, and asks the
// worker that has to stop after its batch. It returns the import as it is then,
// an errs.NotFound error, or an errs.Conflict error for one that has ended
// otherwise.
func (s *importStore) CancelImport(ctx context.Context, id int64) (i *imports.Import, err error) {
	err = tx.In(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if i, err = s.importOn(ctx, tx, id, true); err != nil {
			return err
		}
		changed, err := i.Cancel(model.NewTime(s.now()))
		if err != nil || !changed {
			return err
		}
		i.UpdatedBy = author(ctx)
		return saveImport(ctx, tx, i)
	})
	return i, database.Error(err, "cancel import %d", id)
}

func saveImport(ctx context.Context, tx bun.Tx, i *imports.Import) error {
	_, err := tx.NewUpdate().Model(i).Column("state", "updated_at", "updated_by", "finished_at", "cancel_requested").WherePK().Exec(ctx)
	return err
}
