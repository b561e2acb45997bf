package items

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/worker/internal/task"
)

// Purge is the task that finally deletes deleted items, and the events from
// which days are counted, after their retention. It deletes events by whole UTC
// days, so that no day is ever counted from a part of its events.
func Purge(d Deps) task.Task {
	return task.Task{
		Name:          "items.purge",
		Summary:       "Finally deletes items that were deleted long ago, and old events",
		Cron:          "17 3 * * *",
		MissedPolicy:  model.MissedOnce,
		OverlapPolicy: model.OverlapSkip,
		Timeout:       10 * time.Minute,
		Event:         items.EventPurged,
		Run: func(ctx context.Context) (task.Result, error) {
			now := d.Now()
			deleted := model.NewTime(now.Add(-d.Retention))
			result, err := task.InBatches(ctx, task.Result{}, func(ctx context.Context) (task.Changes, bool, error) {
				return duplicates{d.DB}.purge(ctx, deleted, task.BatchSize)
			})
			if err != nil {
				return result, err
			}
			counted := model.NewTime(firstCountable(d))
			return task.InBatches(ctx, result, task.UntilShort(func(ctx context.Context, limit int) (int64, error) {
				return purgeEvents(ctx, d.DB, counted, limit)
			}))
		},
	}
}

// purge finally deletes at most limit items that were deleted before cutoff,
// the longest ago first. Before that, it points their duplicates elsewhere. It
// returns the number of deleted and changed rows, the ids of the deleted items,
// and whether more wait. On Postgres it skips rows that another transaction has
// locked, because a client may be restoring them.
func (d duplicates) purge(ctx context.Context, cutoff model.Time, limit int) (done task.Changes, more bool, err error) {
	err = d.inOrder(ctx, func(ctx context.Context, tx bun.Tx) error {
		var batch []*enrichment
		err := tx.NewRaw(`SELECT `+enrichmentColumns+` FROM items AS i
			WHERE i.deleted_at < ? ORDER BY i.deleted_at, i.id LIMIT ? ?`, cutoff, limit, d.db.SkipLocked()).Scan(ctx, &batch)
		if err != nil || len(batch) == 0 {
			return err
		}
		r, err := d.regroup(ctx, tx, batch, limit)
		if err != nil {
			return err
		}
		saved, err := d.saveOthers(ctx, tx, r.others)
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
		done.IDs, more = ids, len(batch) == limit
		return nil
	})
	return done, more, database.Error(err, "purge items deleted before %s", cutoff)
}

// purgeEvents deletes at most limit events from before cutoff, and returns
// their number. cutoff must be between two UTC days, so that each day's events
// are complete or gone; see rollupDays.
func purgeEvents(ctx context.Context, db *database.DB, cutoff model.Time, limit int) (int64, error) {
	result, err := db.NewRaw(`DELETE FROM item_events WHERE id IN (
		SELECT id FROM item_events WHERE at < ? ORDER BY at LIMIT ?)`, cutoff, limit).Exec(ctx)
	if err != nil {
		return 0, database.Error(err, "purge events from before %s", cutoff)
	}
	n, err := result.RowsAffected()
	return n, database.Error(err, "count purged events")
}
