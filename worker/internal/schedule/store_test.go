package schedule

import (
	"context"
	"testing"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// TestLostConnectionIsUnavailable proves that an error of the database is
// neither dropped nor taken for "nothing is due".
func TestLostConnectionIsUnavailable(t *testing.T) {
	t.Parallel()
	now, names := model.NewTime(noon), []string{"test.task"}
	row := model.Schedule{Name: "test.task", MissedPolicy: model.MissedOnce, OverlapPolicy: model.OverlapSkip}
	next := func(string, string) (model.Time, error) { return now, nil } //nolint:unparam // the store's type
	testdb.EachLost(t, func(db *database.DB) map[string]func(context.Context) error {
		s := store{db}
		return map[string]func(context.Context) error{
			"declare": func(ctx context.Context) error { return s.declare(ctx, []*model.Schedule{&row}, next) },
			"anyDue": func(ctx context.Context) error {
				_, err := s.anyDue(ctx, names, now)
				return err
			},
			"takeDue": func(ctx context.Context) error {
				return s.takeDue(ctx, names, now, 1, func(context.Context, transaction, []*model.Schedule) error { return nil })
			},
		}
	})
}

// TestNothingToDeclare covers a worker without tasks.
func TestNothingToDeclare(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		if err := (store{db}).declare(t.Context(), nil, nil); err != nil {
			t.Error(err)
		}
	})
}
