package items

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/worker/internal/task"
)

// Expire is the task that expires overdue items.
func Expire(d Deps) task.Task {
	return task.Task{
		Name:          "items.expire",
		Summary:       "Expires items after their expires_at",
		Cron:          "* * * * *",
		MissedPolicy:  model.MissedOnce,
		OverlapPolicy: model.OverlapSkip,
		Timeout:       time.Minute,
		Event:         items.EventExpired,
		Run: func(ctx context.Context) (task.Result, error) {
			return task.InBatches(ctx, task.Result{}, func(ctx context.Context) (task.Changes, bool, error) {
				done, err := expire(ctx, d.DB, model.NewTime(d.Now()), task.BatchSize)
				return done, done.Rows == task.BatchSize, err
			})
		},
	}
}

// expire expires at most limit living items with an expires_at up to now, the
// longest overdue first. It returns their ids. An enriched item stays enriched.
// On Postgres it skips rows that another transaction has locked; the next pass
// finds them. It also skips an item that a client has changed since now, which
// shows in updated_at.
func expire(ctx context.Context, db *database.DB, now model.Time, limit int) (task.Changes, error) {
	// MATERIALIZED, because Postgres might otherwise select the rows to lock
	// again for each item, and exceed the limit.
	var ids []int64
	err := db.NewRaw(`WITH due AS MATERIALIZED (SELECT id FROM items
			WHERE status = 'active' AND deleted_at IS NULL AND expires_at <= ? AND updated_at < ?
			ORDER BY expires_at, id LIMIT ? ?)
		UPDATE items SET status = ?, updated_at = ?, version = version + 1,
			enriched_version = CASE WHEN enriched_version = version THEN version + 1 ELSE enriched_version END
		WHERE id IN (SELECT id FROM due) RETURNING id`,
		now, now, limit, db.SkipLocked(), items.Expired, now).Scan(ctx, &ids)
	return task.Changes{Rows: int64(len(ids)), IDs: ids}, database.Error(err, "expire items overdue at %s", now)
}
