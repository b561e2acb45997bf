package runner

import (
	"context"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// beat writes the heartbeat of a worker.
func beat(t testing.TB, db *database.DB, instance string) {
	t.Helper()
	now := model.NewTime(time.Now())
	w := &model.Worker{Instance: instance, StartedAt: now, LastBeat: now, Running: []string{}}
	if _, err := db.NewInsert().Model(w).On("CONFLICT (instance) DO UPDATE").Set("last_beat = EXCLUDED.last_beat").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestLostConnectionIsUnavailable proves that an error of the database is
// neither dropped nor taken for "nothing waits".
func TestLostConnectionIsUnavailable(t *testing.T) {
	t.Parallel()
	testdb.EachLost(t, func(db *database.DB) map[string]func(context.Context) error {
		s := store{db}
		return map[string]func(context.Context) error{
			"waits": func(ctx context.Context) error {
				_, err := s.waits(ctx, "test.task")
				return err
			},
			"beats": func(ctx context.Context) error {
				_, err := s.beats(ctx)
				return err
			},
		}
	})
}

// TestNoRunWaits uses an empty database.
func TestNoRunWaits(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		if waits, err := (store{db}).waits(t.Context(), "test.task"); waits || err != nil {
			t.Errorf("%t, %v", waits, err)
		}
	})
}
