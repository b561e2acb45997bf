package store

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// RollupDays counts what happened to items on each UTC day from from's to
// to's, both included, and returns how many days' counts changed. It may be
// repeated at will: counts are made anew from the events. A day without an
// event gets no row, and zeros where it has one; so do not ask for days whose
// events have been purged.
func (s *Store) RollupDays(ctx context.Context, from, to, now time.Time) (int64, error) {
	first, end := midnight(from), midnight(to).AddDate(0, 0, 1)
	day := "substr(at, 1, 10)"
	if s.db.IsPostgres() {
		day = "(at AT TIME ZONE 'UTC')::date"
	}
	result, err := s.db.NewRaw(`INSERT INTO item_stats (day, created, updated, expired, deleted, restored, updated_at)
		SELECT day,
			count(*) FILTER (WHERE kind = 'created'), count(*) FILTER (WHERE kind = 'updated'),
			count(*) FILTER (WHERE kind = 'expired'), count(*) FILTER (WHERE kind = 'deleted'),
			count(*) FILTER (WHERE kind = 'restored'), ?
		FROM (SELECT `+day+` AS day, kind FROM item_events WHERE at >= ? AND at < ?
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

// RollupReached returns the newest day that has counts, or the day of the
// oldest event when none has, or an errs.NotFound error when there is neither.
func (s *Store) RollupReached(ctx context.Context) (time.Time, error) {
	day := "max(day)"
	oldest := "substr(min(at), 1, 10)"
	if s.db.IsPostgres() {
		day, oldest = "max(day)::text", "(min(at) AT TIME ZONE 'UTC')::date::text"
	}
	var reached *string
	err := s.db.NewRaw("SELECT coalesce((SELECT "+day+" FROM item_stats), (SELECT "+oldest+" FROM item_events))").Scan(ctx, &reached)
	if err != nil {
		return time.Time{}, database.Error(err, "select the newest counted day")
	}
	if reached == nil {
		return time.Time{}, errs.New(errs.NotFound, "Nothing has happened yet.")
	}
	t, err := time.Parse(time.DateOnly, *reached)
	return t, database.Error(err, "read the newest counted day")
}

// midnight returns the beginning of t's UTC day.
func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
