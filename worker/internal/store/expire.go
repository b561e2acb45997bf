package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
)

// ExpireItems sets up to limit living items expired whose expires_at is not
// after now, the longest overdue first, and returns which. An item that
// was enriched stays so. On Postgres it passes over rows that somebody else
// holds; they are found again. So is an item that a client has changed since
// now: its updated_at, which rises with each change, is left to the next pass.
func (s *Store) ExpireItems(ctx context.Context, now model.Time, limit int) (Changes, error) {
	// MATERIALIZED: Postgres might otherwise ask for the rows to lock again
	// for each item, and pass the limit.
	var ids []int64
	err := s.db.NewRaw(`WITH due AS MATERIALIZED (SELECT id FROM items
			WHERE status = 'active' AND deleted_at IS NULL AND expires_at <= ? AND updated_at < ?
			ORDER BY expires_at, id LIMIT ? ?)
		UPDATE items SET status = ?, updated_at = ?, version = version + 1,
			enriched_version = CASE WHEN enriched_version = version THEN version + 1 ELSE enriched_version END
		WHERE id IN (SELECT id FROM due) RETURNING id`,
		now, now, limit, s.skipLocked(), model.Expired, now).Scan(ctx, &ids)
	return Changes{Rows: int64(len(ids)), Items: ids}, database.Error(err, "expire items due by %s", now)
}

// skipLocked ends a SELECT of rows to write, so that it neither waits for
// another writer nor has one wait twice. SQLite has one writer at a time.
func (s *Store) skipLocked() bun.Safe {
	if s.db.IsPostgres() {
		return "FOR UPDATE SKIP LOCKED"
	}
	return ""
}
