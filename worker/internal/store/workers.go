package store

import (
	"context"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
)

// SaveWorker writes the row of w.Instance, whether or not it exists.
func (s *Store) SaveWorker(ctx context.Context, w *model.Worker) error {
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

// DeleteWorker deletes the row of instance, if there is one.
func (s *Store) DeleteWorker(ctx context.Context, instance string) error {
	_, err := s.db.NewDelete().Model((*model.Worker)(nil)).Where("instance = ?", instance).Exec(ctx)
	return database.Error(err, "delete worker %s", instance)
}

// DeleteWorkersSilentSince deletes workers that have not beaten since cutoff,
// at most limit of them, the longest silent first. It returns how many.
func (s *Store) DeleteWorkersSilentSince(ctx context.Context, cutoff model.Time, limit int) (int64, error) {
	silent := s.db.NewSelect().Model((*model.Worker)(nil)).Column("instance").
		Where("last_beat < ?", cutoff).OrderExpr("last_beat, instance").Limit(int64(limit))
	// The outer condition spares a worker that beats again meanwhile:
	// Postgres asks it once more of a row that has changed.
	result, err := s.db.NewDelete().Model((*model.Worker)(nil)).
		Where("instance IN (?)", silent).Where("last_beat < ?", cutoff).Exec(ctx)
	if err != nil {
		return 0, database.Error(err, "delete workers silent since %s", cutoff)
	}
	n, err := result.RowsAffected()
	return n, database.Error(err, "count deleted workers")
}

// Beats returns when each worker that has a row has last beaten, by its own
// clock.
func (s *Store) Beats(ctx context.Context) (map[string]model.Time, error) {
	var workers []model.Worker
	if err := s.db.NewSelect().Model(&workers).Column("instance", "last_beat").Scan(ctx); err != nil {
		return nil, database.Error(err, "select the workers' beats")
	}
	beats := make(map[string]model.Time, len(workers))
	for _, w := range workers {
		beats[w.Instance] = w.LastBeat
	}
	return beats, nil
}
