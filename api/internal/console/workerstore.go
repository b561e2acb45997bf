package console

import (
	"context"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
)

// workerStore reads the heartbeats of the workers.
type workerStore struct{ db *database.DB }

// Workers returns the fleet, the longest serving worker first. A crashed worker
// stays in it until another worker removes it.
func (s *workerStore) Workers(ctx context.Context) ([]*model.Worker, error) {
	var workers []*model.Worker
	err := s.db.NewSelect().Model(&workers).Order("started_at", "instance").Scan(ctx)
	return workers, database.Error(err, "select the workers")
}

// LastBeat returns the time of the newest heartbeat of any worker, or an
// errs.NotFound error if no worker has ever run.
func LastBeat(ctx context.Context, db *database.DB) (model.Time, error) {
	var beat model.Time
	err := db.NewSelect().Model((*model.Worker)(nil)).Column("last_beat").
		OrderExpr("last_beat DESC").Limit(1).Scan(ctx, &beat)
	return beat, database.Error(err, "select the newest heartbeat")
}
