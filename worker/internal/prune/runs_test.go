package prune

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/task"
	"github.com/fualab/fualab/worker/internal/tasktest"
)

// finish inserts a run with River itself, and makes it end in state the given
// time ago.
func finish(t *testing.T, db *database.DB, c *runs.Client, trigger runs.Trigger, state, metadata string, ago time.Duration) int64 {
	t.Helper()
	job, err := runs.Insert(t.Context(), c, "test.task", trigger)
	if err != nil {
		t.Fatal(err)
	}
	if db.IsPostgres() {
		exec(t, db, "UPDATE river_job SET state = ?, metadata = ?, finalized_at = ? WHERE id = ?", state, metadata, model.NewTime(noon.Add(-ago)), job.ID)
	} else {
		exec(t, db, "UPDATE river_job SET state = ?, metadata = jsonb(?), finalized_at = ? WHERE id = ?",
			state, metadata, noon.Add(-ago).Round(time.Millisecond).Format("2006-01-02 15:04:05.000"), job.ID)
	}
	return job.ID
}

func TestPrune(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		c, err := runs.NewInserter(db, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		const ms = time.Millisecond
		const effect, none = `{"output": {"rows_affected": 10}}`, `{"output": {"rows_affected": 0}}`
		var want []int64
		for _, tt := range []struct {
			keep            bool
			trigger         runs.Trigger
			state, metadata string
			ago             time.Duration
		}{
			{true, runs.Scheduled, "completed", effect, 10*day - ms},
			{false, runs.Scheduled, "completed", effect, 10*day + ms},
			{true, runs.Scheduled, "completed", none, day - ms},
			{false, runs.Scheduled, "completed", none, day + ms},
			{true, runs.Nudge, "completed", effect, day - ms},
			{false, runs.Nudge, "completed", effect, day + ms},
			{true, runs.Manual, "completed", `{}`, 10*day - ms},
			{true, runs.Manual, "cancelled", none, 10*day - ms},
			{false, runs.Manual, "cancelled", none, 10*day + ms},
			{true, runs.Nudge, "discarded", none, 40*day - ms},
			{false, runs.Nudge, "discarded", none, 40*day + ms},
		} {
			if id := finish(t, db, c, tt.trigger, tt.state, tt.metadata, tt.ago); tt.keep {
				want = append(want, id)
			}
		}
		last := finish(t, db, c, runs.Scheduled, "completed", none, 99*day)
		now := model.NewTime(noon)
		schedule := &model.Schedule{Name: "test.task", NextRunAt: now, UpdatedAt: now, LastRunID: &last,
			MissedPolicy: model.MissedOnce, OverlapPolicy: model.OverlapSkip}
		if _, err := db.NewInsert().Model(schedule).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		waiting, err := runs.Insert(t.Context(), c, "test.task", runs.Manual)
		if err != nil {
			t.Fatal(err)
		}

		prune := Runs(db, clock, 10*day)
		tasktest.Pass(t, prune, 5)
		tasktest.Pass(t, prune, 0)
		var left []int64
		if err := db.NewRaw("SELECT id FROM river_job ORDER BY id").Scan(t.Context(), &left); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(append(want, last, waiting.ID), left); d != "" {
			t.Errorf("left (-want +got):\n%s", d)
		}
	})
}

func TestPruneInBatches(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		c, err := runs.NewInserter(db, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		finish(t, db, c, runs.Scheduled, "completed", "{}", 11*day)
		for n := 1; n < task.BatchSize+1; n *= 2 {
			exec(t, db, `INSERT INTO river_job (args, kind, max_attempts, metadata, state, finalized_at)
				SELECT args, kind, max_attempts, metadata, state, finalized_at FROM river_job LIMIT ?`, task.BatchSize+1-n)
		}
		prune := Runs(db, clock, 10*day)
		tasktest.Stopped(t, prune)
		tasktest.Pass(t, prune, 1)
		tasktest.Pass(t, prune, 0)
	})
}
