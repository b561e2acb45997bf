package metrics

import (
	"context"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// TestLostConnectionIsUnavailable proves that an error of the database is
// neither dropped nor taken for "not found".
func TestLostConnectionIsUnavailable(t *testing.T) {
	t.Parallel()
	drop := func(_ any, err error) error { return err }
	testdb.EachLost(t, func(db *database.DB) map[string]func(context.Context) error {
		s := store{db}
		return map[string]func(context.Context) error{
			"taskHealths": func(ctx context.Context) error { return drop(s.taskHealths(ctx, []string{"test.task"})) },
			"lastSuccess": func(ctx context.Context) error { return drop(s.lastSuccess(ctx, "test.task")) },
			"waitsSince":  func(ctx context.Context) error { return drop(s.waitsSince(ctx)) },
		}
	})
}

// TestNothingIsNoError proves that all reads of an empty database return the
// zero time.
func TestNothingIsNoError(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := store{db}
		for name, find := range map[string]func(context.Context) (time.Time, error){
			"lastSuccess": func(ctx context.Context) (time.Time, error) { return s.lastSuccess(ctx, "test.task") },
			"waitsSince":  s.waitsSince,
		} {
			if at, err := find(t.Context()); err != nil || !at.IsZero() {
				t.Errorf("%s: %s, %v; want the zero time", name, at, err)
			}
		}
	})
}
