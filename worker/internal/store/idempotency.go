package store

import (
	"context"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
)

// PruneKeys deletes up to limit idempotency keys that expired before now, the
// oldest first, and returns how many.
func (s *Store) PruneKeys(ctx context.Context, now model.Time, limit int) (int64, error) {
	result, err := s.db.NewRaw(`WITH done AS MATERIALIZED (SELECT caller, key FROM idempotency_keys
		WHERE expires_at <= ? ORDER BY expires_at LIMIT ? ?)
		DELETE FROM idempotency_keys WHERE (caller, key) IN (SELECT caller, key FROM done)`,
		now, limit, s.skipLocked()).Exec(ctx)
	if err != nil {
		return 0, database.Error(err, "prune idempotency keys from before %s", now)
	}
	n, err := result.RowsAffected()
	return n, database.Error(err, "count pruned idempotency keys")
}
