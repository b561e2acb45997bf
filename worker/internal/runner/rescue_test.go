package runner

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/task"
)

// runner returns a Runner of the instance test-1 that does not execute runs.
func runner(t *testing.T, db *database.DB) *Runner {
	t.Helper()
	r, err := New(Config{
		Instance: "test-1", Tasks: []task.Task{{Name: "test.task", Timeout: time.Second}}, Concurrency: 1,
		SoftStop: time.Second, DeadAfter: time.Second, DB: db, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// idle returns a Runner that does not execute runs, and a run.
func idle(t *testing.T, db *database.DB) (*Runner, *runs.Run) {
	t.Helper()
	r := runner(t, db)
	run, err := runs.Insert(t.Context(), r.Client(), "test.task", runs.Manual)
	if err != nil {
		t.Fatal(err)
	}
	return r, run
}

// fetchAs makes the instances of the JSON array by fetch all runs one after the
// other, the last one at the time at.
func fetchAs(t *testing.T, db *database.DB, by, at string) {
	t.Helper()
	names := "jsonb('" + by + "')"
	if db.IsPostgres() {
		names = "ARRAY(SELECT json_array_elements_text('" + by + "'))"
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = '"+at+"', attempted_by = "+names); err != nil {
		t.Fatal(err)
	}
}

// TestRescue proves that the run of an unknown worker is rescued. The runs of a
// live worker, and of the rescuing one, are not.
func TestRescue(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		r, job := idle(t, db)
		beat(t, db, "live")
		for _, tc := range []struct {
			by     string
			want   rivertype.JobState
			faults int
		}{
			{"test-1", rivertype.JobStateRunning, 0},
			{"live", rivertype.JobStateRunning, 0},
			{"dead", rivertype.JobStateAvailable, 1},
		} {
			fetchAs(t, db, `["`+tc.by+`"]`, "2026-01-02 12:00:00.000")
			if err := r.rescue(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got, err := r.Client().River().JobGet(t.Context(), job.ID); err != nil || got.State != tc.want || len(got.Errors) != tc.faults {
				t.Errorf("the run of %s is %+v, want it %s: %v", tc.by, got, tc.want, err)
			}
		}
	})
}

// TestGiveBackOnce proves that if two workers saw the same lost run, the second
// one leaves it to its new worker, whatever the clocks.
func TestGiveBackOnce(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		r, job := idle(t, db)
		fetch := func(by, at string) { t.Helper(); fetchAs(t, db, by, at) }
		lost := func() []*rivertype.JobRow {
			t.Helper()
			list, err := r.Client().River().JobList(t.Context(), river.NewJobListParams().States(rivertype.JobStateRunning))
			if err != nil {
				t.Fatal(err)
			}
			return list.Jobs
		}
		giveBack := func(lost []*rivertype.JobRow) *rivertype.JobRow {
			t.Helper()
			if err := r.giveBack(context.WithoutCancel(t.Context()), lost); err != nil {
				t.Fatal(err)
			}
			job, err := r.Client().River().JobGet(t.Context(), job.ID)
			if err != nil {
				t.Fatal(err)
			}
			return job
		}
		fetch(`["dead"]`, "2026-01-02 12:00:00.000")
		seen := lost()
		fetch(`["dead", "live"]`, "2026-01-02 11:59:00.000") // its clock is slow
		if got := giveBack(seen); got.State != rivertype.JobStateRunning || len(got.Errors) != 0 {
			t.Errorf("a run that another worker has fetched meanwhile is %s, %v", got.State, got.Errors)
		}
		seen = lost()
		if got := giveBack(seen); got.State != rivertype.JobStateAvailable || len(got.Errors) != 1 {
			t.Errorf("a lost run is %s, %v", got.State, got.Errors)
		}
		if got := giveBack(seen); len(got.Errors) != 1 {
			t.Errorf("given back again: %v", got.Errors)
		}
	})
}
