package runner_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
	"github.com/fualab/fualab/worker/internal/loop"
	"github.com/fualab/fualab/worker/internal/runner"
	"github.com/fualab/fualab/worker/internal/task"
)

// world runs tasks on a database until the test ends.
type world struct {
	t *testing.T
	r *runner.Runner
}

func start(t *testing.T, db *database.DB, tasks ...task.Task) *world {
	t.Helper()
	runner.Beat(t, db, "test-1")
	r, err := runner.New(runner.Config{
		Instance: "test-1", Tasks: tasks, Concurrency: 4, SoftStop: time.Second, DeadAfter: time.Hour,
		DB: db, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Step(t.Context(), loop.Turn{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Stop(context.WithoutCancel(t.Context())) })
	return &world{t: t, r: r}
}

// run inserts a run of name and returns its id.
func (w *world) run(name string) int64 {
	w.t.Helper()
	job, err := runs.Insert(w.t.Context(), w.r.Client(), name, runs.Manual)
	if err != nil {
		w.t.Fatal(err)
	}
	return job.ID
}

// until waits for the run's state.
func (w *world) until(id int64, state rivertype.JobState) *rivertype.JobRow {
	w.t.Helper()
	var job *rivertype.JobRow
	testwait.For(w.t, fmt.Sprintf("run %d to be %s", id, state), func() bool {
		var err error
		if job, err = w.r.Client().River().JobGet(w.t.Context(), id); err != nil {
			w.t.Fatal(err)
		}
		return job.State == state
	})
	return job
}

func named(name string, run func(context.Context) (task.Result, error)) task.Task {
	return task.Task{Name: name, Timeout: testwait.Patience, Run: run}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		hang := named("test.hang", func(ctx context.Context) (task.Result, error) {
			<-ctx.Done()
			return task.Result{RowsAffected: 3}, ctx.Err()
		})
		hang.Timeout = 300 * time.Millisecond
		w := start(t, db, hang,
			named("test.fine", func(context.Context) (task.Result, error) { return task.Result{RowsAffected: 7}, nil }),
			named("test.panic", func(context.Context) (task.Result, error) { panic("kaput") }),
			named("test.invalid", func(context.Context) (task.Result, error) {
				return task.Result{}, errs.New(errs.Invalid, "the input is at fault")
			}))

		fine := w.until(w.run("test.fine"), rivertype.JobStateCompleted)
		if out := string(fine.Output()); !strings.Contains(strings.ReplaceAll(out, " ", ""), `"rows_affected":7`) {
			t.Errorf("output %s", out)
		}
		hung := w.until(w.run("test.hang"), rivertype.JobStateRetryable)
		if !strings.Contains(hung.Errors[0].Error, "ended by its timeout of 300ms") {
			t.Errorf("a run that hangs: %+v", hung.Errors)
		}
		panicked := w.until(w.run("test.panic"), rivertype.JobStateRetryable)
		if e := panicked.Errors[0]; e.Error != "kaput" || !strings.Contains(e.Trace, "runner_test.go") {
			t.Errorf("a panic: %+v", e)
		}
		invalid := w.until(w.run("test.invalid"), rivertype.JobStateCancelled)
		if !strings.Contains(invalid.Errors[0].Error, "the input is at fault") {
			t.Errorf("invalid input: %+v", invalid.Errors)
		}
		// The worker has survived all runs.
		w.until(w.run("test.fine"), rivertype.JobStateCompleted)
	})
}

// TestLadder follows a run that always fails to its last attempt, and then retries
// it. It makes two attempts; with FUALAB_TEST_REQUIRE=1 it makes all of them, in
// about 20 s.
func TestLadder(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		var mended atomic.Bool
		w := start(t, db, named("test.fails", func(context.Context) (task.Result, error) {
			if mended.Load() {
				return task.Result{}, nil
			}
			return task.Result{}, errs.New(errs.Unavailable, "not now")
		}))
		attempts := 2
		if testdb.Required() {
			attempts = runs.MaxAttempts
		}
		res, err := w.r.Client().River().Insert(t.Context(), runs.Args{Task: "test.fails", Trigger: runs.Manual}, &river.InsertOpts{MaxAttempts: attempts})
		if err != nil {
			t.Fatal(err)
		}
		id := res.Job.ID
		job := w.until(id, rivertype.JobStateDiscarded)
		if len(job.Errors) != attempts {
			t.Errorf("%d errors are kept, want %d", len(job.Errors), attempts)
		}
		mended.Store(true)
		if _, err := w.r.Client().River().JobRetry(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.until(id, rivertype.JobStateCompleted)
	})
}

// TestStop proves that a run gets time to finish. A run that exceeds it is
// cancelled, goes back to the queue and keeps its attempts.
func TestStop(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		entered, both := make(chan struct{}, 2), make(chan struct{})
		w := start(t, db,
			named("test.quick", func(ctx context.Context) (task.Result, error) {
				entered <- struct{}{}
				select { // the second run may begin one poll later
				case <-both:
				case <-ctx.Done():
				}
				<-time.After(300 * time.Millisecond) // a part of its second, by River's clock
				return task.Result{}, nil
			}),
			named("test.long", func(ctx context.Context) (task.Result, error) {
				entered <- struct{}{}
				<-ctx.Done()
				return task.Result{}, ctx.Err()
			}))
		quick, long := w.run("test.quick"), w.run("test.long")
		<-entered
		<-entered
		if got := w.r.Running(); len(got) != 2 {
			t.Errorf("running %v", got)
		}
		close(both)
		begin := time.Now()
		if err := w.r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took < 900*time.Millisecond || took > 5900*time.Millisecond { // the limit is 6 s
			t.Errorf("stopped after %s, want soon after 1s", took)
		}
		w.until(quick, rivertype.JobStateCompleted)
		job, err := w.r.Client().River().JobGet(t.Context(), long)
		if err != nil {
			t.Fatal(err)
		}
		if job.State == rivertype.JobStateRunning || job.State == rivertype.JobStateDiscarded || job.Attempt > 1 {
			t.Errorf("the run that was cancelled is %s after %d attempts", job.State, job.Attempt)
		}
	})
}

// TestNudgesTakeOneSlot proves that all notifications during the run of another
// one become one waiting run, and that due runs are executed meanwhile.
func TestNudgesTakeOneSlot(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		entered, release := make(chan struct{}, 10), make(chan struct{})
		w := start(t, db,
			named("test.nudged", func(context.Context) (task.Result, error) {
				entered <- struct{}{}
				<-release
				return task.Result{}, nil
			}),
			named("test.due", func(context.Context) (task.Result, error) { return task.Result{}, nil }))
		for range 10 {
			if err := w.r.Nudged(t.Context(), "test.nudged"); err != nil {
				t.Fatal(err)
			}
			if len(w.r.Running()) == 0 {
				<-entered
			}
		}
		for range 5 { // more than the slots, one after another
			w.until(w.run("test.due"), rivertype.JobStateCompleted)
		}
		if got := w.r.Running(); len(got) != 1 {
			t.Errorf("running %v", got)
		}
		list, err := w.r.Client().River().JobList(t.Context(), river.NewJobListParams().Kinds("test.nudged"))
		if err != nil || len(list.Jobs) != 2 {
			t.Errorf("%d runs of ten nudges, %v; want one that works and one that waits", len(list.Jobs), err)
		}
		close(release)
		for _, job := range list.Jobs {
			w.until(job.ID, rivertype.JobStateCompleted)
		}
	})
}
