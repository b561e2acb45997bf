package items

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/worker/internal/task"
)

// Expire is the task that sets items expired whose time has come.
func Expire(d Deps) task.Task {
	return task.Task{
		Name:          "items.expire",
		Summary:       "Sets items expired whose expires_at has passed",
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

// expire sets up to limit living items expired whose expires_at is not
// after now, the longest overdue first, and returns which. An item that
// was enriched stays so. On Postgres it passes over rows that somebody else
// holds; they are found again. So is an item that a client has changed since
// now: its updated_at, which rises with each change, is left to the next pass.
func expire(ctx context.Context, db *database.DB, now model.Time, limit int) (task.Changes, error) {
	// MATERIALIZED: Postgres might otherwise ask for the rows to lock again
	// for each item, and pass the limit.
	var ids []int64
	err := db.NewRaw(`WITH due AS MATERIALIZED (SELECT id FROM items
			WHERE status = 'active' AND deleted_at IS NULL AND expires_at <= ? AND updated_at < ?
			ORDER BY expires_at, id LIMIT ? ?)
		UPDATE items SET status = ?, updated_at = ?, version = version + 1,
			enriched_version = CASE WHEN enriched_version = version THEN version + 1 ELSE enriched_version END
		WHERE id IN (SELECT id FROM due) RETURNING id`,
		now, now, limit, db.SkipLocked(), items.Expired, now).Scan(ctx, &ids)
	return task.Changes{Rows: int64(len(ids)), IDs: ids}, database.Error(err, "expire items due by %s", now)
}
