package httpapi

import (
	"context"
	"testing"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

func TestStore(t *testing.T) {
	t.Parallel()
	testdb.EachLost(t, func(db *database.DB) map[string]func(context.Context) error {
		s := store{db}
		return map[string]func(context.Context) error{
			"Ping": s.Ping,
			"SchemaVersion": func(ctx context.Context) error {
				_, err := s.SchemaVersion(ctx)
				return err
			},
		}
	})
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := store{db}
		if version, err := s.SchemaVersion(t.Context()); version == "" || err != nil {
			t.Errorf("SchemaVersion: %q, %v", version, err)
		}
		if want := map[bool]string{true: "postgres", false: "sqlite"}[db.IsPostgres()]; s.Dialect() != want {
			t.Errorf("Dialect: %s, want %s", s.Dialect(), want)
		}
	})
}
