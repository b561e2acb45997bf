package schedule_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/loop"
	"github.com/fualab/fualab/worker/internal/schedule"
	"github.com/fualab/fualab/worker/internal/task"
)

// world is a database and a clock; start is the beginning of its clock.
type world struct {
	t   *testing.T
	db  *database.DB
	mu  sync.Mutex
	now time.Time

	back      time.Duration     // the amount by which the clock goes back after a reading
	published chan events.Event // may be nil
}

var turn = loop.Turn{}

var start = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T, db *database.DB) *world { return &world{t: t, db: db, now: start} }

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now
	w.now, w.back = w.now.Add(-w.back), 0
	return now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) ticker(tasks ...task.Task) *schedule.Ticker {
	w.t.Helper()
	client, err := runs.NewInserter(w.db, slog.New(slog.DiscardHandler))
	if err != nil {
		w.t.Fatal(err)
	}
	cfg := schedule.Config{Tasks: tasks, DB: w.db, Client: client, Now: w.clock, Log: slog.New(slog.DiscardHandler)}
	if w.published != nil {
		cfg.Publish = func(e events.Event) { w.published <- e }
	}
	ticker, err := schedule.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return ticker
}

func (w *world) turn(t *schedule.Ticker) {
	w.t.Helper()
	if err := t.Step(w.t.Context(), turn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(query string) {
	w.t.Helper()
	if _, err := w.db.ExecContext(w.t.Context(), query); err != nil {
		w.t.Fatal(err)
	}
}

// due returns the due times of the runs of task, in seconds since start.
func (w *world) due(name string) []int {
	w.t.Helper()
	args := "json(args)"
	if w.db.IsPostgres() {
		args = "args::text"
	}
	var raw []string
	if err := w.db.NewRaw("SELECT "+args+" FROM river_job WHERE kind = ? ORDER BY id", name).Scan(w.t.Context(), &raw); err != nil {
		w.t.Fatal(err)
	}
	var all []int
	for _, r := range raw {
		var a runs.Args
		if err := json.Unmarshal([]byte(r), &a); err != nil {
			w.t.Fatal(err)
		}
		all = append(all, int(a.DueAt.Sub(start).Seconds()))
	}
	return all
}

// schedule returns the row of test.task.
func (w *world) schedule() *model.Schedule {
	w.t.Helper()
	row := new(model.Schedule)
	if err := w.db.NewSelect().Model(row).Where("name = 'test.task'").Scan(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return row
}

func everyMinute(name string) task.Task {
	return task.Task{
		Name: name, Summary: "for the test", Cron: "* * * * *",
		MissedPolicy: model.MissedOnce, OverlapPolicy: model.OverlapAllow,
		Run: func(context.Context) (task.Result, error) { return task.Result{}, nil },
	}
}

func TestTurns(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		paused := everyMinute("test.paused")
		ticker := w.ticker(everyMinute("test.task"), paused)
		w.turn(ticker) // declares the tasks
		w.exec("UPDATE schedules SET paused = true WHERE name = 'test.paused'")
		for range 150 {
			w.pass(time.Second)
			w.turn(ticker)
		}
		if diff := cmp.Diff([]int{60, 120}, w.due("test.task")); diff != "" {
			t.Errorf("due times (-want +got):\n%s", diff)
		}
		if got := w.due("test.paused"); got != nil {
			t.Errorf("a paused schedule ran: %v", got)
		}
		w.pass(10 * time.Minute) // no worker ran
		w.turn(ticker)
		if diff := cmp.Diff([]int{60, 120, 720}, w.due("test.task")); diff != "" {
			t.Errorf("after a gap (-want +got):\n%s", diff)
		}
		row := w.schedule()
		if got := row.NextRunAt.Std().Sub(start); got != 13*time.Minute || row.LastRunID == nil {
			t.Errorf("next run %s after the start, last run %v", got, row.LastRunID)
		}
	})
}

// TestManyTickers has eight workers that turn at once over the same due times.
func TestManyTickers(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		all := everyMinute("test.all")
		all.MissedPolicy, all.Cron = model.MissedAll, "* * * * * *"
		tickers := make([]*schedule.Ticker, 8)
		for i := range tickers {
			tickers[i] = w.ticker(all)
		}
		w.turn(tickers[0])
		const seconds = 40
		for range seconds {
			w.pass(time.Second)
			var turns sync.WaitGroup
			for _, ticker := range tickers {
				turns.Go(func() {
					if err := ticker.Step(t.Context(), loop.Turn{}); err != nil {
						t.Error(err)
					}
				})
			}
			turns.Wait()
		}
		var want []int
		for s := 1; s <= seconds; s++ {
			want = append(want, s)
		}
		if diff := cmp.Diff(want, w.due("test.all")); diff != "" {
			t.Errorf("due times (-want +got):\n%s", diff)
		}
	})
}

func TestOverlapSkip(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		skip := everyMinute("test.skip")
		skip.OverlapPolicy = model.OverlapSkip
		ticker := w.ticker(skip)
		w.turn(ticker)
		for range 3 { // no worker executes the first run
			w.pass(time.Minute)
			w.turn(ticker)
		}
		if diff := cmp.Diff([]int{60}, w.due("test.skip")); diff != "" {
			t.Errorf("while one waits (-want +got):\n%s", diff)
		}
		w.exec("UPDATE river_job SET state = 'retryable'")
		w.pass(time.Minute)
		w.turn(ticker)
		if diff := cmp.Diff([]int{60, 240}, w.due("test.skip")); diff != "" {
			t.Errorf("while one is to be tried again (-want +got):\n%s", diff)
		}
	})
}

// TestDeclarations proves that the code's declarations reach the database, and
// that an operator's changes stay.
func TestDeclarations(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		first := everyMinute("test.task")
		w.turn(w.ticker(first))
		w.exec("UPDATE schedules SET missed_policy = 'all', paused = true")

		second := first
		second.Summary, second.Cron, second.TimeZone, second.MissedPolicy = "changed", "0 4 * * *", "Asia/Tokyo", model.MissedSkip
		w.turn(w.ticker(second))
		row := w.schedule()
		if row.Summary != "changed" || row.Cron != "0 4 * * *" || row.TimeZone != "Asia/Tokyo" || row.MissedPolicy != model.MissedAll || !row.Paused {
			t.Errorf("after the release: %+v", row)
		}
		if want := "2026-01-02T19:00:00.000000Z"; row.NextRunAt.String() != want {
			t.Errorf("next run %s, want %s", row.NextRunAt, want)
		}

		w.exec("UPDATE schedules SET cron = '5 5 * * *', next_run_at = '2026-01-02 20:05:00.000000+00:00'")
		third := second
		third.Cron = "0 6 * * *"
		w.turn(w.ticker(third))
		if row = w.schedule(); row.Cron != "5 5 * * *" || row.NextRunAt.String() != "2026-01-02T20:05:00.000000Z" || row.DeclaredCron != "0 6 * * *" {
			t.Errorf("the operator's cron is overwritten: %+v", row)
		}
		fourth := third
		fourth.TimeZone = "Europe/Berlin"
		w.turn(w.ticker(fourth)) // the operator's cron in the new time zone
		if row = w.schedule(); row.Cron != "5 5 * * *" || row.NextRunAt.String() != "2026-01-03T04:05:00.000000Z" || row.TimeZone != "Europe/Berlin" {
			t.Errorf("the operator's cron in another time zone: %+v", row)
		}
		third = fourth
		w.turn(w.ticker(third)) // a restart changes nothing
		if again := w.schedule(); !cmp.Equal(row, again, cmp.Comparer(func(a, b model.Time) bool { return a == b })) {
			t.Errorf("a restart changed %+v to %+v", row, again)
		}
	})
}

// TestMuchToMakeUpFor proves that schedules with many missed due times catch up
// over several turns, each within its time, and that a schedule on time does
// not wait for them.
func TestMuchToMakeUpFor(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		const behind, minutes = 60, 50
		tasks := make([]task.Task, behind)
		for i := range tasks {
			tasks[i] = everyMinute(fmt.Sprintf("test.behind_%02d", i))
			tasks[i].MissedPolicy = model.MissedAll
		}
		onTime := everyMinute("test.task")
		onTime.MissedPolicy, onTime.Cron = model.MissedSkip, fmt.Sprintf("%d 12 * * *", minutes)
		ticker := w.ticker(append(tasks, onTime)...)
		w.turn(ticker)
		w.pass(minutes * time.Minute)
		count := func() (n int) {
			t.Helper()
			if err := db.NewRaw("SELECT count(*) FROM river_job").Scan(t.Context(), &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for turns := 1; ; turns++ {
			before := count()
			w.turn(ticker)
			after := count()
			if turns == 1 && len(w.due("test.task")) != 1 {
				t.Errorf("in the first turn the schedule that is on time ran %v", w.due("test.task"))
			}
			if after == before {
				break
			}
			if after-before > 2*500 { // two batches
				t.Errorf("turn %d inserted %d runs", turns, after-before)
			}
		}
		if n := count(); n != behind*minutes+1 {
			t.Errorf("%d runs, want %d", n, behind*minutes+1)
		}
		var want []int
		for i := range minutes {
			want = append(want, (i+1)*60)
		}
		for _, name := range []string{"test.behind_00", fmt.Sprintf("test.behind_%02d", behind-1)} {
			if diff := cmp.Diff(want, w.due(name)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

// TestClockSetBack covers a clock that goes back before earlier due times.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ticker := w.ticker(everyMinute("test.task"))
		w.turn(ticker)
		w.pass(time.Minute)
		w.back = 2 * time.Minute
		w.turn(ticker)
		if diff := cmp.Diff([]int{60}, w.due("test.task")); diff != "" {
			t.Errorf("due times (-want +got):\n%s", diff)
		}
	})
}

// TestClockJumps has a clock that goes an hour ahead, and back. Each due time
// has one run, and none waits for an hour.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		once, all := everyMinute("test.task"), everyMinute("test.all")
		all.MissedPolicy = model.MissedAll
		ticker := w.ticker(once, all)
		minutes := func(n int) {
			for range n {
				w.pass(time.Minute)
				w.turn(ticker)
			}
		}
		w.turn(ticker)
		minutes(2)
		w.pass(time.Hour)
		w.turn(ticker)
		w.pass(-time.Hour)
		w.turn(ticker)
		minutes(62)
		var want []int
		for minute := 1; minute <= 64; minute++ {
			want = append(want, 60*minute)
		}
		got := w.due("test.task")
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("once (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, w.due("test.all")); diff != "" {
			t.Errorf("all (-want +got):\n%s", diff)
		}
	})
}

// TestRestartAfterJump starts a worker on schedules that another one has
// advanced by a clock an hour ahead.
func TestRestartAfterJump(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		w.pass(time.Hour)
		w.turn(w.ticker(everyMinute("test.task")))
		w.pass(-time.Hour)
		ticker := w.ticker(everyMinute("test.task"))
		w.turn(ticker)
		w.pass(time.Minute)
		w.turn(ticker)
		if diff := cmp.Diff([]int{60}, w.due("test.task")); diff != "" {
			t.Errorf("due times (-want +got):\n%s", diff)
		}
	})
}

// TestUnreadableSchedule proves that an unreadable schedule does not block the
// others.
func TestUnreadableSchedule(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ticker := w.ticker(everyMinute("test.broken"), everyMinute("test.task"))
		w.turn(ticker)
		w.exec("UPDATE schedules SET cron = 'nonsense' WHERE name = 'test.broken'")
		w.pass(time.Minute)
		w.turn(ticker)
		if got := w.due("test.task"); len(got) != 1 {
			t.Errorf("the other task ran %v", got)
		}
	})
}

// TestLastDueTimeRuns proves that a due row runs even without a later due time,
// and then rests.
func TestLastDueTimeRuns(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ticker := w.ticker(everyMinute("test.task"))
		w.turn(ticker)
		w.exec("UPDATE schedules SET cron = '0 0 31 2 *' WHERE name = 'test.task'") // no such day
		for range 3 {
			w.pass(time.Minute)
			w.turn(ticker)
		}
		if got := w.due("test.task"); len(got) != 1 || got[0] != 60 {
			t.Errorf("it ran at %v, want at 60 s", got)
		}
		if next := w.schedule().NextRunAt.Std(); next.Year() != 9999 {
			t.Errorf("it is due next at %s", next)
		}
	})
}

func TestDeclarationsAreChecked(t *testing.T) {
	t.Parallel()
	broken := everyMinute("test.broken")
	broken.Cron = "* * *"
	if _, err := schedule.New(schedule.Config{Tasks: []task.Task{broken}}); err == nil {
		t.Error("a task with an unreadable cron is accepted")
	}
}
