package items

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/worker/internal/task"
)

// day is the length of every UTC day.
const day = 24 * time.Hour

// Rollup is the task that counts the events of each UTC day that may have
// changed since the last pass. It begins with the day before the newest counted
// day, because a change commits a little after its own time.
func Rollup(d Deps) task.Task {
	return task.Task{
		Name:          "stats.rollup",
		Summary:       "Counts the changes of items per day",
		Cron:          "*/5 * * * *",
		MissedPolicy:  model.MissedOnce,
		OverlapPolicy: model.OverlapSkip,
		Timeout:       4 * time.Minute,
		Run: func(ctx context.Context) (task.Result, error) {
			now := d.Now()
			reached, err := rollupReached(ctx, d.DB)
			if errs.Is(err, errs.NotFound) {
				return task.Result{}, nil
			}
			if err != nil {
				return task.Result{}, err
			}
			today := now.UTC().Truncate(day)
			next := earlier(reached, today).Add(-day)
			if first := firstCountable(d); next.Before(first) {
				next = first
			}
			return task.InBatches(ctx, task.Result{}, func(ctx context.Context) (task.Changes, bool, error) {
				rows, err := rollupDays(ctx, d.DB, next, next, now)
				next = next.Add(day)
				return task.Changes{Rows: rows}, !next.After(today), err
			})
		},
	}
}

// firstCountable returns the beginning of the first UTC day with all its
// events, at the latest of yesterday.
func firstCountable(d Deps) time.Time {
	now := d.Now().UTC()
	return earlier(now.Add(-d.EventRetention), now.Add(-day)).Truncate(day)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// rollupDays counts the events of items on each UTC day from the day of from to
// the day of to, both included. It returns the number of days with changed
// counts. It is repeatable, because the counts are made anew from the events. A
// day without an event gets no row; an existing row gets zeros. So the days
// must not include days with purged events.
func rollupDays(ctx context.Context, db *database.DB, from, to, now time.Time) (int64, error) {
	first, end := from.UTC().Truncate(day), to.UTC().Truncate(day).AddDate(0, 0, 1)
	dayOf := "substr(at, 1, 10)"
	if db.IsPostgres() {
		dayOf = "(at AT TIME ZONE 'UTC')::date"
	}
	result, err := db.NewRaw(`INSERT INTO item_stats (day, created, updated, expired, deleted, restored, updated_at)
		SELECT day,
			count(*) FILTER (WHERE kind = 'created'), count(*) FILTER (WHERE kind = 'updated'),
			count(*) FILTER (WHERE kind = 'expired'), count(*) FILTER (WHERE kind = 'deleted'),
			count(*) FILTER (WHERE kind = 'restored'), ?
		FROM (SELECT `+dayOf+` AS day, kind FROM item_events WHERE at >= ? AND at < ?
			UNION ALL SELECT day, NULL FROM item_stats WHERE day >= ? AND day < ?) AS happened
		GROUP BY day
		ON CONFLICT (day) DO UPDATE SET created = excluded.created, updated = excluded.updated,
			expired = excluded.expired, deleted = excluded.deleted, restored = excluded.restored, updated_at = excluded.updated_at
		WHERE item_stats.created <> excluded.created OR item_stats.updated <> excluded.updated
			OR item_stats.expired <> excluded.expired OR item_stats.deleted <> excluded.deleted
			OR item_stats.restored <> excluded.restored`,
		model.NewTime(now), model.NewTime(first), model.NewTime(end),
		first.Format(time.DateOnly), end.Format(time.DateOnly)).Exec(ctx)
	if err != nil {
		return 0, database.Error(err, "count events from %s to %s", first.Format(time.DateOnly), to.UTC().Format(time.DateOnly))
	}
	n, err := result.RowsAffected()
	return n, database.Error(err, "count changed days")
}

// rollupReached returns the newest counted day, or the day of the oldest event
// if no day is counted. Without either, it returns an errs.NotFound error.
func rollupReached(ctx context.Context, db *database.DB) (time.Time, error) {
	newest := "max(day)"
	oldest := "substr(min(at), 1, 10)"
	if db.IsPostgres() {
		newest, oldest = "max(day)::text", "(min(at) AT TIME ZONE 'UTC')::date::text"
	}
	var reached *string
	err := db.NewRaw("SELECT coalesce((SELECT "+newest+" FROM item_stats), (SELECT "+oldest+" FROM item_events))").Scan(ctx, &reached)
	if err != nil {
		return time.Time{}, database.Error(err, "select the newest counted day")
	}
	if reached == nil {
		return time.Time{}, errs.New(errs.NotFound, "There are no events yet.")
	}
	t, err := time.Parse(time.DateOnly, *reached)
	return t, database.Error(err, "read the newest counted day")
}
