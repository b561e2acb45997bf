package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

var noon = time.Date(2030, 1, 31, 12, 0, 0, 123456000, time.UTC)

// workers returns every row, ordered by instance.
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
		s := New(db)
		first := model.Worker{Instance: "a-1", Version: "v1", StartedAt: model.NewTime(noon), LastBeat: model.NewTime(noon), Running: []string{}}
		other := first
		other.Instance = "b-2"
		later := first
		later.Version, later.LagMS, later.Running = "v2", 1500, []string{"items.enrich", `quoted "task"`}
		later.LastBeat = model.NewTime(noon.Add(15 * time.Second))
		for _, w := range []model.Worker{first, other, later} {
			if err := s.SaveWorker(t.Context(), &w); err != nil {
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
		s := New(db)
		save(t, s, "a-1", noon)
		save(t, s, "b-2", noon)
		for range 2 { // the second time there is nothing to delete
			if err := s.DeleteWorker(t.Context(), "a-1"); err != nil {
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
		s := New(db)
		save(t, s, "just-inside", noon)
		for i := range 3 {
			save(t, s, fmt.Sprintf("silent-%d", i), noon.Add(-time.Microsecond-time.Duration(i)*time.Hour))
		}
		for _, round := range []struct {
			deleted int64
			left    []string
		}{
			{2, []string{"just-inside", "silent-0"}}, // the longest silent go first
			{1, []string{"just-inside"}},
			{0, []string{"just-inside"}},
		} {
			n, err := s.DeleteWorkersSilentSince(t.Context(), model.NewTime(noon), 2)
			if err != nil || n != round.deleted {
				t.Fatalf("deleted %d, %v; want %d", n, err, round.deleted)
			}
			if d := cmp.Diff(round.left, instances(t, db)); d != "" {
				t.Fatalf("left (-want +got):\n%s", d)
			}
		}
	})
}

func TestErrorsAreClassified(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		s := New(db)
		for name, err := range map[string]error{
			"save":   s.SaveWorker(ctx, &model.Worker{Instance: "a-1", Running: []string{}}),
			"delete": s.DeleteWorker(ctx, "a-1"),
			"ping":   s.Ping(ctx),
		} {
			if !errs.Is(err, errs.Unavailable) {
				t.Errorf("%s out of time: %v; want it unavailable", name, err)
			}
		}
	})
}

func save(t *testing.T, s *Store, instance string, beat time.Time) {
	t.Helper()
	w := &model.Worker{Instance: instance, StartedAt: model.NewTime(beat), LastBeat: model.NewTime(beat), Running: []string{}}
	if err := s.SaveWorker(t.Context(), w); err != nil {
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
