package runner_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
	"github.com/fualab/fualab/worker/internal/loop"
	"github.com/fualab/fualab/worker/internal/runner"
	"github.com/fualab/fualab/worker/internal/task"
)

// watch runs tasks and returns the published events. Its clock advances by a
// second at each reading.
func watch(t *testing.T, db *database.DB, tasks ...task.Task) (*world, <-chan events.Event) {
	t.Helper()
	runner.Beat(t, db, "test-1")
	published := make(chan events.Event, 1000)
	ticks := make(chan time.Time)
	done := make(chan struct{})
	go func() {
		for now := time.Now(); ; now = now.Add(time.Second) {
			select {
			case ticks <- now:
			case <-done:
				return
			}
		}
	}()
	r, err := runner.New(runner.Config{
		Instance: "test-1", Tasks: tasks, Concurrency: 4, SoftStop: time.Second, DeadAfter: time.Hour, DB: db,
		Publish: func(e events.Event) { published <- e }, Now: func() time.Time { return <-ticks }, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Step(t.Context(), loop.Turn{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = r.Stop(context.WithoutCancel(t.Context()))
		close(done)
	})
	return &world{t: t, r: r}, published
}

// told is an event without its time.
type told struct {
	Type  events.Type
	Count int64
	IDs   []int64
	State string
	Rows  int64
}

// next waits for the events up to a run's end. Then it reads the run, which
// must be in the event's state.
func (w *world) next(published <-chan events.Event) (all []told) {
	w.t.Helper()
	for {
		select {
		case e := <-published:
			one := told{Type: e.Type, Count: e.Count, IDs: e.IDs}
			if e.Run != nil {
				one.State, one.Rows = e.Run.State, e.Run.RowsAffected
			}
			all = append(all, one)
			if e.Type != events.RunsFinished {
				continue
			}
			job, err := w.r.Client().River().JobGet(w.t.Context(), e.Run.ID)
			if err != nil || string(job.State) != e.Run.State {
				w.t.Errorf("told that the run is %s, and it is %+v, %v", e.Run.State, job, err)
			}
			return all
		case <-time.After(testwait.Patience):
			w.t.Fatalf("no end of the run; told of %+v", all)
		}
	}
}

// TestEvents follows the events of a run's attempt from its start to its end,
// with its committed batches, for each kind of end.
func TestEvents(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		batches := func(name string, end func() error) task.Task {
			tt := named(name, func(ctx context.Context) (task.Result, error) {
				task.Report(ctx, task.Result{RowsAffected: 2}, 1, 2)
				return task.Result{RowsAffected: 2}, end()
			})
			tt.Event = "things.changed"
			return tt
		}
		quiet := batches("test.quiet", func() error { return nil })
		quiet.Event = ""
		w, published := watch(t, db,
			batches("test.fine", func() error { return nil }),
			batches("test.panic", func() error { panic("kaput") }),
			batches("test.fails", func() error { return errs.New(errs.Unavailable, "not now") }),
			batches("test.invalid", func() error { return errs.New(errs.Invalid, "never") }),
			quiet)
		things := told{Type: "things.changed", Count: 2, IDs: []int64{1, 2}}
		attempt := func(state rivertype.JobState, batch ...told) []told {
			all := append([]told{{Type: events.RunsStarted, State: "running"}}, batch...)
			all = append(all, told{Type: events.RunsProgress, State: "running", Rows: 2})
			return append(all, told{Type: events.RunsFinished, State: string(state), Rows: 2})
		}
		for name, want := range map[string][]told{
			"test.fine":    attempt("completed", things),
			"test.panic":   attempt("retryable", things),
			"test.fails":   attempt("retryable", things),
			"test.invalid": attempt("cancelled", things),
			"test.quiet":   attempt("completed"),
		} {
			id := w.run(name)
			if diff := cmp.Diff(want, w.next(published)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
			if _, err := w.r.Client().River().JobCancel(t.Context(), id); err != nil { // prevents a second attempt
				t.Fatal(err)
			}
		}
	})
}

// TestEventsOfAStop proves that a cancelled run is reported as waiting again,
// and that Stop returns after all events.
func TestEventsOfAStop(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		entered := make(chan struct{})
		w, published := watch(t, db, named("test.long", func(ctx context.Context) (task.Result, error) {
			close(entered)
			<-ctx.Done()
			return task.Result{}, ctx.Err()
		}))
		w.run("test.long")
		<-entered
		if err := w.r.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(published); n != 2 {
			t.Fatalf("%d events when it has stopped, want the start and the end", n)
		}
		want := []told{{Type: events.RunsStarted, State: "running"}, {Type: events.RunsFinished, State: "available"}}
		if diff := cmp.Diff(want, w.next(published)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// TestEventsOfANudge proves that a notification makes one waiting run, with one
// event.
func TestEventsOfANudge(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		published := make(chan events.Event, 10)
		r, err := runner.New(runner.Config{
			Instance: "test-1", Tasks: []task.Task{named("test.task", nil)}, Concurrency: 1, SoftStop: time.Second, DB: db,
			Publish: func(e events.Event) { published <- e }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := r.Nudged(t.Context(), "test.task"); err != nil {
				t.Fatal(err)
			}
		}
		if len(published) != 1 {
			t.Fatalf("%d events, want one", len(published))
		}
		if e := <-published; e.Type != events.RunsQueued || e.Run.Task != "test.task" || e.Run.State != "available" {
			t.Errorf("told %+v", e)
		}
	})
}
