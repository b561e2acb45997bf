package httpapi

import (
	"context"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/schema"
)

// store is the database for health.CheckDatabase.
type store struct{ db *database.DB }

// Dialect returns "postgres" or "sqlite".
func (s store) Dialect() string { return s.db.DialectName() }

// Ping returns an error unless the database answers and accepts writes; see
// database.DB.Check.
func (s store) Ping(ctx context.Context) error { return s.db.Check(ctx) }

// SchemaVersion returns the newest applied migration, "" for none.
func (s store) SchemaVersion(ctx context.Context) (string, error) {
	return schema.Applied(ctx, s.db)
}
