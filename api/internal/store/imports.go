package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// mostImports bounds the imports that have not ended: their files are in the
// database.
const mostImports = 100

// CreateImport stores an import whose file is to come, and fills in its id and
// times. It returns an errs.TooManyRequests error while too many have not
// ended.
func (s *Store) CreateImport(ctx context.Context, i *model.Import) error {
	now := model.NewTime(s.now())
	i.State, i.CreatedAt, i.UpdatedAt, i.PhaseAt = model.ImportUploading, now, now, now
	return s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		open, err := tx.NewSelect().Model((*model.Import)(nil)).Where("NOT cleared").Where("finished_at IS NULL").Count(ctx)
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

// DropImport deletes an import whose file did not come.
func (s *Store) DropImport(ctx context.Context, id int64) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("DELETE FROM import_chunks WHERE import_id = ?", id).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewRaw("DELETE FROM imports WHERE id = ?", id).Exec(ctx)
		return err
	})
	return database.Error(err, "drop import %d", id)
}

// Import returns the import with the given id, or an errs.NotFound error.
func (s *Store) Import(ctx context.Context, id int64) (*model.Import, error) {
	return s.importOn(ctx, s.on(ctx), id, false)
}

// importOn reads an import; lock holds its row until the transaction ends.
func (s *Store) importOn(ctx context.Context, db bun.IDB, id int64, lock bool) (*model.Import, error) {
	i := new(model.Import)
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
func (s *Store) Imports(ctx context.Context, before int64, limit int) (page []*model.Import, more bool, err error) {
	query := s.db.NewSelect().Model(&page).Order("id DESC").Limit(int64(limit) + 1)
	if before != 0 {
		query = query.Where("id < ?", before)
	}
	if err := query.Scan(ctx); err != nil {
		return nil, false, database.Error(err, "list imports")
	}
	if more = len(page) > limit; more {
		page = page[:limit]
	}
	return page, more, nil
}

// ImportErrors returns the faults that are kept of an import, in the order of
// its file, or an errs.NotFound error.
func (s *Store) ImportErrors(ctx context.Context, id int64) ([]*model.ImportError, error) {
	if _, err := s.Import(ctx, id); err != nil {
		return nil, err
	}
	var faults []*model.ImportError
	err := s.db.NewSelect().Model(&faults).Where("import_id = ?", id).Order("position").Limit(model.MostImportErrors).Scan(ctx)
	return faults, database.Error(err, "select the faults of import %d", id)
}

// AppendImport adds the next bytes of an import's file, which begin at offset.
// It returns an errs.Conflict error if it has others there, or wants none.
func (s *Store) AppendImport(ctx context.Context, id, offset int64, data []byte) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		i, err := s.importOn(ctx, tx, id, true)
		if err != nil {
			return err
		}
		if err := awaits(i, offset); err != nil {
			return err
		}
		if err := s.keepChunk(ctx, tx, id, offset, data); err != nil {
			return err
		}
		_, err = tx.NewRaw("UPDATE imports SET bytes_received = ?, updated_at = ? WHERE id = ?", offset+int64(len(data)), model.NewTime(s.now()), id).Exec(ctx)
		return err
	})
	return database.Error(err, "append to import %d", id)
}

// keepChunk has Postgres take the bytes as they are, of which bun would make a
// text of twice the length.
func (s *Store) keepChunk(ctx context.Context, tx bun.Tx, id, offset int64, data []byte) error {
	const insert = "INSERT INTO import_chunks (import_id, first_byte, data) VALUES "
	if s.db.IsPostgres() {
		_, err := tx.Tx.ExecContext(ctx, insert+"($1, $2, $3)", s.db.Prepared(), id, offset, data)
		return err
	}
	_, err := tx.NewRaw(insert+"(?, ?, ?)", id, offset, data).Exec(ctx)
	return err
}

// awaits returns an errs.Conflict error unless i's file goes on at offset.
func awaits(i *model.Import, offset int64) error {
	switch {
	case i.State != model.ImportUploading:
		return errs.Newf(errs.Conflict, "The file of this import is complete, or not wanted any more: it is %s.", i.State)
	case i.BytesReceived != offset:
		return errs.Newf(errs.Conflict, "The upload goes on at byte %d: send Upload-Offset: %d and what follows from there.", i.BytesReceived, i.BytesReceived)
	}
	return nil
}

// CompleteImport says that the file ends at offset, and makes the run that
// reads it. It returns the import as it is then, or an errs.Conflict error as
// AppendImport does.
func (s *Store) CompleteImport(ctx context.Context, id, offset int64) (i *model.Import, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if i, err = s.importOn(ctx, tx, id, true); err != nil {
			return err
		}
		if err := awaits(i, offset); err != nil {
			return err
		}
		i.State, i.UpdatedAt = model.ImportQueued, model.NewTime(s.now())
		if err := saveImport(ctx, tx, i); err != nil {
			return err
		}
		_, err := runs.InsertTx(ctx, s.queue, tx.Tx, model.ImportTask, runs.Manual)
		return err
	})
	return i, database.Error(err, "complete the upload of import %d", id)
}

// CancelImport ends an import that no worker has begun with, and asks the
// worker that has to stop after its batch. It returns the import as it is then,
// an errs.NotFound error, or an errs.Conflict error for one that has ended
// otherwise.
func (s *Store) CancelImport(ctx context.Context, id int64) (i *model.Import, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if i, err = s.importOn(ctx, tx, id, true); err != nil {
			return err
		}
		now := model.NewTime(s.now())
		switch i.State {
		case model.ImportCancelled:
			return nil
		case model.ImportCompleted, model.ImportFailed:
			return errs.New(errs.Conflict, "The import has already ended, so there is nothing to cancel.")
		case model.ImportUploading, model.ImportQueued:
			i.State, i.FinishedAt = model.ImportCancelled, &now
		}
		i.CancelRequested, i.UpdatedAt = true, now
		return saveImport(ctx, tx, i)
	})
	return i, database.Error(err, "cancel import %d", id)
}

func saveImport(ctx context.Context, tx bun.Tx, i *model.Import) error {
	_, err := tx.NewUpdate().Model(i).Column("state", "updated_at", "finished_at", "cancel_requested").WherePK().Exec(ctx)
	return err
}
