package store

import (
	"context"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
)

// Workers returns the fleet, the longest serving first. A worker that has
// gone without a word is in it until another one clears it away.
func (s *Store) Workers(ctx context.Context) ([]*model.Worker, error) {
	var workers []*model.Worker
	err := s.db.NewSelect().Model(&workers).Order("started_at", "instance").Scan(ctx)
	return workers, database.Error(err, "select the workers")
}
