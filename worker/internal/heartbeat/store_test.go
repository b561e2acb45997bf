package heartbeat

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// workers returns all rows, ordered by instance.
func workers(t *testing.T, db *database.DB) []model.Worker {
	t.Helper()
	var rows []model.Worker
	if err := db.NewSelect().Model(&rows).OrderExpr("instance").Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	return rows
}

func diff(want, got []model.Worker) string {
	same := cmp.Comparer(func(a, b model.Time) bool { return a.Std().Equal(b.Std()) })
	ignore := cmp.Comparer(func(_, _ bun.BaseModel) bool { return true })
	return cmp.Diff(want, got, same, ignore)
}

func TestSaveWorker(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := store{db}
		first := model.Worker{Instance: "a-1", Version: "v1", StartedAt: model.NewTime(noon), LastBeat: model.NewTime(noon), Running: []string{}}
		other := first
		other.Instance = "b-2"
		later := first
		later.Version, later.LagMS, later.Running = "v2", 1500, []string{"test.task", `quoted "task"`}
		later.LastBeat = model.NewTime(noon.Add(15 * time.Second))
		for _, w := range []model.Worker{first, other, later} {
			if err := s.save(t.Context(), &w); err != nil {
				t.Fatal(err)
			}
		}
		if d := diff([]model.Worker{later, other}, workers(t, db)); d != "" {
			t.Errorf("rows (-want +got):\n%s", d)
		}
	})
}

func TestDeleteWorker(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := store{db}
		save(t, s, "a-1", noon)
		save(t, s, "b-2", noon)
		for range 2 { // the second time, there is no row
			if err := s.delete(t.Context(), "a-1"); err != nil {
				t.Fatal(err)
			}
		}
		if d := cmp.Diff([]string{"b-2"}, instances(t, db)); d != "" {
			t.Errorf("left (-want +got):\n%s", d)
		}
	})
}

func TestDeleteWorkersSilentSince(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := store{db}
		save(t, s, "just-inside", noon)
		for i := range 3 {
			save(t, s, fmt.Sprintf("silent-%d", i), noon.Add(-time.Microsecond-time.Duration(i)*time.Hour))
		}
		for _, round := range []struct {
			deleted int64
			left    []string
		}{
			{2, []string{"just-inside", "silent-0"}}, // the longest silent first
			{1, []string{"just-inside"}},
			{0, []string{"just-inside"}},
		} {
			n, err := s.deleteSilentSince(t.Context(), model.NewTime(noon), 2)
			if err != nil || n != round.deleted {
				t.Fatalf("deleted %d, %v; want %d", n, err, round.deleted)
			}
			if d := cmp.Diff(round.left, instances(t, db)); d != "" {
				t.Fatalf("left (-want +got):\n%s", d)
			}
		}
	})
}

// TestLostConnectionIsUnavailable proves that an error of the database is
// neither dropped nor taken for "not found".
func TestLostConnectionIsUnavailable(t *testing.T) {
	t.Parallel()
	now := model.NewTime(noon)
	testdb.EachLost(t, func(db *database.DB) map[string]func(context.Context) error {
		s := store{db}
		return map[string]func(context.Context) error{
			"save":   func(ctx context.Context) error { return s.save(ctx, &model.Worker{Instance: "a"}) },
			"delete": func(ctx context.Context) error { return s.delete(ctx, "a") },
			"deleteSilentSince": func(ctx context.Context) error {
				_, err := s.deleteSilentSince(ctx, now, 1)
				return err
			},
		}
	})
}

func save(t *testing.T, s store, instance string, beat time.Time) {
	t.Helper()
	w := &model.Worker{Instance: instance, StartedAt: model.NewTime(beat), LastBeat: model.NewTime(beat), Running: []string{}}
	if err := s.save(t.Context(), w); err != nil {
		t.Fatal(err)
	}
}

func instances(t *testing.T, db *database.DB) []string {
	t.Helper()
	var names []string
	for _, w := range workers(t, db) {
		names = append(names, w.Instance)
	}
	return names
}
