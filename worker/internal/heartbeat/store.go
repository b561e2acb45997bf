package heartbeat

import (
	"context"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
)

// store writes the rows of workers. It is safe for concurrent use.
type store struct{ db *database.DB }

// save inserts or updates the row of w.Instance.
func (s store) save(ctx context.Context, w *model.Worker) error {
	_, err := s.db.NewInsert().Model(w).
		On("CONFLICT (instance) DO UPDATE").
		Set("version = EXCLUDED.version").
		Set("started_at = EXCLUDED.started_at").
		Set("last_beat = EXCLUDED.last_beat").
		Set("lag_ms = EXCLUDED.lag_ms").
		Set("running = EXCLUDED.running").
		Exec(ctx)
	return database.Error(err, "save worker %s", w.Instance)
}

// delete deletes the row of instance, if it exists.
func (s store) delete(ctx context.Context, instance string) error {
	_, err := s.db.NewDelete().Model((*model.Worker)(nil)).Where("instance = ?", instance).Exec(ctx)
	return database.Error(err, "delete worker %s", instance)
}

// deleteSilentSince deletes at most limit workers without a heartbeat since
// cutoff, the longest silent first. It returns their number.
func (s store) deleteSilentSince(ctx context.Context, cutoff model.Time, limit int) (int64, error) {
	silent := s.db.NewSelect().Model((*model.Worker)(nil)).Column("instance").
		Where("last_beat < ?", cutoff).OrderExpr("last_beat, instance").Limit(int64(limit))
	// The outer condition spares a worker with a heartbeat in the meantime,
	// because Postgres checks it again on a changed row.
	result, err := s.db.NewDelete().Model((*model.Worker)(nil)).
		Where("instance IN (?)", silent).Where("last_beat < ?", cutoff).Exec(ctx)
	if err != nil {
		return 0, database.Error(err, "delete workers silent since %s", cutoff)
	}
	n, err := result.RowsAffected()
	return n, database.Error(err, "count deleted workers")
}
