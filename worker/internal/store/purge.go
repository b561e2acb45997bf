package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
)

// PurgeItems deletes for good up to limit items that were deleted before
// cutoff, the longest ago first, after pointing their duplicates elsewhere. It
// returns how many rows it deleted or changed, which items are gone, and
// whether there is more to do. On Postgres it passes over rows that somebody
// else holds, who may be restoring them.
func (s *Store) PurgeItems(ctx context.Context, cutoff model.Time, limit int) (done Changes, more bool, err error) {
	err = s.inOrder(ctx, func(ctx context.Context, tx bun.Tx) error {
		var batch []*enrichment
		err := tx.NewRaw(`SELECT `+enrichmentColumns+` FROM items AS i
			WHERE i.deleted_at < ? ORDER BY i.deleted_at, i.id LIMIT ? ?`, cutoff, limit, s.skipLocked()).Scan(ctx, &batch)
		if err != nil || len(batch) == 0 {
			return err
		}
		r, err := s.regroup(ctx, tx, batch, limit)
		if err != nil {
			return err
		}
		saved, err := s.saveOthers(ctx, tx, r.others)
		if err != nil {
			return err
		}
		done.Rows = int64(len(saved))
		if !r.whole {
			more = true
			return nil
		}
		ids := make([]int64, len(batch))
		for i, e := range batch {
			ids[i] = e.ID
		}
		if _, err := tx.NewRaw("DELETE FROM items WHERE id IN ?", bun.Tuple(ids)).Exec(ctx); err != nil {
			return err
		}
		done.Rows += int64(len(ids))
		done.Items, more = ids, len(batch) == limit
		return nil
	})
	return done, more, database.Error(err, "purge items deleted before %s", cutoff)
}

// PurgeEvents deletes up to limit events from before cutoff and returns how
// many. Cut between two UTC days, so that each day's events are all there or
// all gone; see RollupDays.
func (s *Store) PurgeEvents(ctx context.Context, cutoff model.Time, limit int) (int64, error) {
	result, err := s.db.NewRaw(`DELETE FROM item_events WHERE id IN (
		SELECT id FROM item_events WHERE at < ? ORDER BY at LIMIT ?)`, cutoff, limit).Exec(ctx)
	if err != nil {
		return 0, database.Error(err, "purge events from before %s", cutoff)
	}
	n, err := result.RowsAffected()
	return n, database.Error(err, "count purged events")
}
