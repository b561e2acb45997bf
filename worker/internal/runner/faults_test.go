package runner

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/loop"
	"github.com/fualab/fualab/worker/internal/task"
)

// jobs is the state of all runs.
func jobs(t *testing.T, db *database.DB) any {
	t.Helper()
	faults := "json_array_length(json(errors))"
	if db.IsPostgres() {
		faults = "array_length(errors, 1)"
	}
	var rows []map[string]any
	if err := db.NewRaw("SELECT kind, state, attempt, "+faults+" AS faults FROM river_job ORDER BY id").Scan(t.Context(), &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestInterruptedRescueIsCompletedByTheNext proves that a lost run is rescued
// once.
func TestInterruptedRescueIsCompletedByTheNext(t *testing.T) {
	t.Parallel()
	testdb.EachFault(t, testdb.Work{
		Begin: func(t *testing.T, db *database.DB) {
			idle(t, db)
			fetchAs(t, db, `["dead"]`, "2026-01-02 12:00:00.000")
		},
		On: func(t *testing.T, db *database.DB) func(context.Context) error {
			r := runner(t, db)
			return r.rescue
		},
		State: jobs,
	})
}

// TestInterruptedNudgeIsCompletedByTheNext proves that one waiting run results.
func TestInterruptedNudgeIsCompletedByTheNext(t *testing.T) {
	t.Parallel()
	testdb.EachFault(t, testdb.Work{
		Begin: func(*testing.T, *database.DB) {},
		On: func(t *testing.T, db *database.DB) func(context.Context) error {
			r := runner(t, db)
			return func(ctx context.Context) error { return r.Nudged(ctx, "test.task") }
		},
		State: jobs,
	})
}

// TestExecutionBeginsWithAHeartbeat proves it because other workers would take
// over the runs of a worker without a heartbeat.
func TestExecutionBeginsWithAHeartbeat(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		db, faults := testdb.Faulty(t, db)
		r := runner(t, db)
		faults.Set(testdb.Fault{On: "workers"})
		if err := r.Step(t.Context(), loop.Turn{}); !errors.Is(err, testdb.ErrLost) || r.started {
			t.Errorf("it cannot read the heartbeats, and has started %t, %v", r.started, err)
		}
		faults.Clear()
		for _, instance := range []string{"other-2", "test-1"} {
			if err := r.Step(t.Context(), loop.Turn{}); err != nil || r.started {
				t.Errorf("without a heartbeat it has started %t, %v", r.started, err)
			}
			beat(t, db, instance)
		}
		if err := r.Stop(t.Context()); err != nil {
			t.Errorf("stopped before it has started: %v", err)
		}
		if err := r.Step(t.Context(), loop.Turn{}); err != nil || !r.started {
			t.Errorf("with a heartbeat it has started %t, %v", r.started, err)
		}
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestRiverRescuesLaterThanAnyRunEnds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		timeouts []time.Duration
		want     time.Duration
	}{
		{nil, 2 * time.Minute},
		{[]time.Duration{time.Second}, 2 * time.Minute},
		{[]time.Duration{time.Second, 10 * time.Minute, time.Minute}, 11 * time.Minute},
	} {
		var tasks []task.Task
		for _, timeout := range tt.timeouts {
			tasks = append(tasks, task.Task{Timeout: timeout})
		}
		if got := longerThanRuns(tasks); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.timeouts, got, tt.want)
		}
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	fault := errors.New("fault")
	for _, tt := range []struct {
		name      string
		ctx       context.Context
		err       error
		cancelled bool // finally
		text      string
	}{
		{"success", t.Context(), nil, false, ""},
		{"success at the last moment", late, nil, false, ""},
		{"fault", t.Context(), fault, false, "fault"},
		{"fault after the timeout", late, fault, false, "ended by its timeout of 1m0s: fault"},
		{"invalid", t.Context(), errs.New(errs.Invalid, "invalid"), true, "invalid"},
		{"not found", t.Context(), errs.New(errs.NotFound, "not found"), true, "not found"},
		{"unavailable", t.Context(), errs.New(errs.Unavailable, "not now"), false, "not now"},
	} {
		got := classify(tt.ctx, tt.err, time.Minute)
		var cancelled *rivertype.JobCancelError
		if errors.As(got, &cancelled) != tt.cancelled || (got == nil) != (tt.err == nil) || !errors.Is(got, tt.err) {
			t.Errorf("%s: %v, cancelled %t", tt.name, got, cancelled != nil)
		}
		if got != nil && !strings.Contains(got.Error(), tt.text) {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.text)
		}
	}
}

// TestLineOfARun proves that a temporary fault is logged as a warning.
func TestLineOfARun(t *testing.T) {
	t.Parallel()
	for level, all := range map[string][]error{
		"INFO":  {nil},
		"WARN":  {errs.New(errs.Unavailable, "not now"), context.Canceled},
		"ERROR": {errors.New("fault"), errs.New(errs.Invalid, "never")},
	} {
		for _, err := range all {
			var out bytes.Buffer
			r := &Runner{cfg: Config{Log: slog.New(slog.NewTextHandler(&out, nil))}}
			e := &executor{runner: r, task: task.Task{Name: "test.task"}}
			e.log(t.Context(), &rivertype.JobRow{ID: 7, Attempt: 2}, task.Result{RowsAffected: 3}, 1500*time.Millisecond, err)
			want := "level=" + level + " msg=run task=test.task run=7 attempt=2 rows_affected=3 duration_ms=1500 ok=" + map[bool]string{true: "true", false: "false error="}[err == nil]
			if !strings.Contains(out.String(), want) {
				t.Errorf("%v: %s, want %s", err, &out, want)
			}
		}
	}
}

func TestRunningNamesEachRun(t *testing.T) {
	t.Parallel()
	r := &Runner{running: make(map[string]int)}
	for _, name := range []string{"b", "a", "b"} {
		r.enter(name)
	}
	if got := strings.Join(r.Running(), " "); got != "a b b" {
		t.Errorf("running %s, want a b b", got)
	}
	r.leave("b")
	r.leave("a")
	if got := strings.Join(r.Running(), " "); got != "b" {
		t.Errorf("running %s, want b", got)
	}
	r.leave("b")
	if got := r.Running(); got == nil || len(got) != 0 || len(r.running) != 0 {
		t.Errorf("running %v, want an empty list", got)
	}
}

// TestRescueOf proves that a rescued run has the state that its next attempt
// would have made.
func TestRescueOf(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	due := now.Add(-time.Hour)
	for _, tt := range []struct {
		name    string
		job     rivertype.JobRow
		want    rivertype.JobState
		forGood bool
	}{
		{"attempts are left", rivertype.JobRow{Attempt: 4, MaxAttempts: 5}, rivertype.JobStateAvailable, false},
		{"the last attempt", rivertype.JobRow{Attempt: 5, MaxAttempts: 5}, rivertype.JobStateDiscarded, true},
		{"to be cancelled", rivertype.JobRow{Attempt: 5, MaxAttempts: 5, Metadata: []byte(`{"cancel_attempted_at":"2026-01-02T11:00:00Z"}`)}, rivertype.JobStateCancelled, true},
	} {
		tt.job.ID, tt.job.ScheduledAt, tt.job.AttemptedBy = 7, due, []string{"first", "dead"}
		params, err := rescueOf([]*rivertype.JobRow{&tt.job}, now)
		if err != nil {
			t.Fatal(err)
		}
		if tt.job.State != tt.want || params.State[0] != string(tt.want) || params.ID[0] != 7 || params.ScheduledAt[0] != due || (params.FinalizedAt[0] != nil) != tt.forGood {
			t.Errorf("%s: %s, %+v; want %s", tt.name, tt.job.State, params, tt.want)
		}
		if fault := string(params.Error[0]); !strings.Contains(fault, "is gone: dead") {
			t.Errorf("%s: its fault is %s", tt.name, fault)
		}
	}
	if got := holder(&rivertype.JobRow{}); got != "" {
		t.Errorf("a run that no worker has fetched is held by %s", got)
	}
}

// TestWatchStartsAnewAfterAGap proves that the gap must be longer than blind.
func TestWatchStartsAnewAfterAGap(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	beats := map[string]model.Time{"silent": model.NewTime(start)}
	for gap, dead := range map[time.Duration]bool{blind: true, blind + 1: false} {
		w := watch{deadAfter: blind}
		w.look(start, beats)
		w.look(start.Add(gap), beats)
		if w.dead("silent") != dead {
			t.Errorf("after a gap of %s: dead is %t, want %t", gap, !dead, dead)
		}
	}
}

// TestQuietForgetsOnceItKnowsTooMany proves that the memory for messages is
// limited.
func TestQuietForgetsOnceItKnowsTooMany(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	s := &said{now: func() time.Time { return now }, messages: make(map[string]message)}
	say := func(text string) bool { _, ok := s.pass(text); return ok }
	text := func(n int) string { return strings.Repeat("x", n) }
	for n := range 100 {
		say(text(n))
	}
	if say(text(0)) || say(text(99)) {
		t.Error("it forgets messages while it knows a hundred")
	}
	if !say(text(100)) || len(s.messages) != 1 || !say(text(0)) {
		t.Errorf("it knows %d messages after one more", len(s.messages))
	}
	now = now.Add(remindEvery - 1)
	if say(text(0)) {
		t.Error("it repeats a message within the time")
	}
	now = now.Add(1)
	if held, ok := s.pass(text(0)); !ok || held != 1 {
		t.Errorf("after the time: %t, held back %d times, want once", ok, held)
	}
}

func TestRetriesOfUnknownTasks(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	r := &Runner{cfg: Config{Now: func() time.Time { return now }}}
	e := &executor{runner: r, task: task.Task{Timeout: time.Hour, Retry: task.Retry{First: time.Hour, Most: 2 * time.Hour}}}
	row := &rivertype.JobRow{Attempt: 1}
	if wait := r.NextRetry(row).Sub(now); wait < 800*time.Millisecond || wait > 1201*time.Millisecond {
		t.Errorf("a run of an unknown task is tried again after %s, want about 1 s", wait)
	}
	if wait := e.NextRetry(&river.Job[runs.Args]{JobRow: row}).Sub(now); wait < 48*time.Minute || wait > 72*time.Minute+1 {
		t.Errorf("a run of a task is tried again after %s, want about its own hour", wait)
	}
	if e.Timeout(nil) != time.Hour {
		t.Errorf("its timeout is %s", e.Timeout(nil))
	}
}
