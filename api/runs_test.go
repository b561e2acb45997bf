package api_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
)

// fakeTask is a task that a test's worker executes.
type fakeTask struct {
	river.WorkerDefaults[runs.Args]
	work func(ctx context.Context, job *river.Job[runs.Args]) error
}

func (f *fakeTask) Work(ctx context.Context, job *river.Job[runs.Args]) error {
	return f.work(ctx, job)
}

// later retries nothing while a test lasts.
type later struct{}

func (later) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(time.Hour) }

// execute runs a worker process' share of River until the test ends.
func execute(t *testing.T, db *database.DB, tasks map[string]func(context.Context, *river.Job[runs.Args]) error) {
	t.Helper()
	workers := river.NewWorkers()
	for name, work := range tasks {
		river.AddWorkerArgs(workers, runs.Args{Task: name}, &fakeTask{work: work})
	}
	client, err := river.NewClient(runs.NewDriver(db), &river.Config{
		ID: "test-worker", Workers: workers, Logger: slog.New(slog.DiscardHandler), FetchPollInterval: 100 * time.Millisecond, RetryPolicy: later{},
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testwait.Patience)
		defer cancel()
		if err := client.StopAndCancel(ctx); err != nil {
			t.Error("stop the test's worker:", err)
		}
	})
}

// await asks for a run until it is in the given state.
func await(h *apitest.Harness, id int64, state rivertype.JobState) run {
	h.T.Helper()
	var got run
	testwait.For(h.T, fmt.Sprintf("run %d to be %s", id, state), func() bool {
		got = apitest.Decode[run](h.T, h.Must(200, "GET", fmt.Sprintf("/api/runs/%d", id), "").Body)
		return got.State == state
	})
	return got
}

// declare stores schedules as a worker that starts does.
func declare(t *testing.T, db *database.DB, names ...string) {
	t.Helper()
	now := model.NewTime(time.Now())
	schedules := make([]*model.Schedule, len(names))
	for i, name := range names {
		schedules[i] = &model.Schedule{
			Name: name, Cron: "0 0 1 1 *", TimeZone: "UTC", MissedPolicy: "once", OverlapPolicy: "skip",
			DeclaredCron: "0 0 1 1 *", DeclaredTimeZone: "UTC", DeclaredMissedPolicy: "once", DeclaredOverlapPolicy: "skip",
			NextRunAt: now, UpdatedAt: now,
		}
	}
	if _, err := db.NewInsert().Model(&schedules).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestRunsWithAWorker drives runs by the API while a real worker executes.
func TestRunsWithAWorker(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := apitest.NewHarness(t, db)
		declare(t, db, "good", "bad", "slow", "panics")
		started := make(chan struct{}, 10)
		execute(t, db, map[string]func(context.Context, *river.Job[runs.Args]) error{
			"good": func(ctx context.Context, _ *river.Job[runs.Args]) error {
				return river.RecordOutput(ctx, runs.Output{RowsAffected: 42})
			},
			"bad": func(_ context.Context, job *river.Job[runs.Args]) error {
				if job.Attempt == 1 {
					return errors.New("no luck")
				}
				return nil
			},
			"slow": func(ctx context.Context, _ *river.Job[runs.Args]) error {
				started <- struct{}{}
				<-ctx.Done()
				return ctx.Err()
			},
			"panics": func(context.Context, *river.Job[runs.Args]) error { panic("kaput") },
		})
		start := func(task string) int64 {
			t.Helper()
			return apitest.Decode[run](t, h.Must(202, "POST", "/api/schedules/"+task+"/runs", "").Body).ID
		}

		good := await(h, start("good"), "completed")
		if good.RowsAffected != 42 || good.DurationMS == nil || good.Worker == nil || *good.Worker != "test-worker" || good.Attempt != 1 {
			t.Errorf("a completed run is %+v", good)
		}
		h.Must(200, "POST", fmt.Sprintf("/api/runs/%d/retry", good.ID), "")
		testwait.For(t, "the second attempt of the run that is retried", func() bool { return await(h, good.ID, "completed").Attempt == 2 })

		// A run with one attempt ends discarded, and completes when it is
		// driven again.
		last, err := h.Queue.River().Insert(t.Context(), runs.Args{Task: "bad", Trigger: runs.Manual}, &river.InsertOpts{MaxAttempts: 1})
		if err != nil {
			t.Fatal(err)
		}
		if bad := await(h, last.Job.ID, "discarded"); len(bad.Errors) != 1 || bad.Errors[0].Error != "no luck" {
			t.Errorf("a discarded run is %+v", bad)
		}
		h.Must(200, "POST", fmt.Sprintf("/api/runs/%d/retry", last.Job.ID), "")
		if bad := await(h, last.Job.ID, "completed"); bad.Attempt != 2 || len(bad.Errors) != 1 {
			t.Errorf("a run that was driven again is %+v", bad)
		}

		slow := start("slow")
		<-started
		await(h, slow, "running")
		if got := apitest.Decode[run](t, h.Must(200, "POST", fmt.Sprintf("/api/runs/%d/cancel", slow), "").Body); !got.CancelRequested {
			t.Errorf("a run that is asked to stop is %+v", got)
		}
		if got := await(h, slow, "cancelled"); got.CancelRequested || got.DurationMS == nil {
			t.Errorf("a run that was cancelled is %+v", got)
		}

		broken := await(h, start("panics"), "retryable")
		if len(broken.Errors) != 1 || broken.Errors[0].Error != "kaput" || broken.Errors[0].Trace == "" {
			t.Errorf("a run that panicked is %+v", broken)
		}
		h.Must(200, "POST", fmt.Sprintf("/api/runs/%d/cancel", broken.ID), "")
		await(h, broken.ID, "cancelled")
	})
}

// TestOneOfManyRetries: of retries at the same time one succeeds, and the
// others are told.
func TestOneOfManyRetries(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		apitest.Seed(t, db)
		h := apitest.NewHarness(t, db)
		const n = 8
		statuses := make([]int, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { statuses[i] = h.Do("POST", "/api/runs/2/retry", "").Status })
		}
		wg.Wait()
		counts := map[int]int{}
		for _, status := range statuses {
			counts[status]++
		}
		if counts[200] != 1 || counts[409] != n-1 {
			t.Errorf("answers by status: %v", counts)
		}
	})
}

// TestChangesOfAScheduleDoNotGetLost: each of many patches at the same time
// leaves its mark.
func TestChangesOfAScheduleDoNotGetLost(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		apitest.Seed(t, db)
		h := apitest.NewHarness(t, db)
		patches := []string{`{"cron":"7 7 * * *"}`, `{"time_zone":"Asia/Tokyo"}`, `{"missed_policy":"all"}`, `{"overlap_policy":"allow"}`, `{"paused":true}`}
		var wg sync.WaitGroup
		for _, patch := range patches {
			wg.Go(func() {
				if a := h.Do("PATCH", "/api/schedules/rows.expire", patch); a.Status != 200 {
					t.Errorf("%s: %d %s", patch, a.Status, a.Body)
				}
			})
		}
		wg.Wait()
		h.Follow([]apitest.Step{{Name: "all of it", Method: "GET", Path: "/api/schedules/rows.expire", Status: 200,
			Want: `"cron":"7 7 * * *","time_zone":"Asia/Tokyo","missed_policy":"all","overlap_policy":"allow","paused":true,"next_run_at":"2026-01-02T22:07:00.000000Z"`}})
	})
}
