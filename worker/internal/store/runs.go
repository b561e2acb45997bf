package store

import (
	"context"

	"github.com/fualab/fualab/shared/database"
)

// RunWaits reports whether a run of task waits to be executed.
func (s *Store) RunWaits(ctx context.Context, task string) (bool, error) {
	found, err := s.db.NewSelect().Table("river_job").
		Where("state = 'available'").Where("queue = 'default'").Where("kind = ?", task).Exists(ctx)
	return found, database.Error(err, "look for a waiting run of %s", task)
}
