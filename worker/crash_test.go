package worker

import (
	"fmt"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/shared/testwait"
)

// TestKilledWorkers kills one worker after another while a task is due every
// second, each after one or two more due runs. It searches for lost and doubled
// due times. With FUALAB_TEST_REQUIRE=1, it uses two, three and eight workers,
// three of them over sixty due times. Finally, all are dead over eleven due
// times.
func TestKilledWorkers(t *testing.T) {
	t.Parallel()
	chaos := map[int]time.Duration{3: 8 * time.Second}
	if testdb.Required() {
		chaos = map[int]time.Duration{2: 15 * time.Second, 3: 60 * time.Second, 8: 15 * time.Second}
	}
	for _, dialect := range testdb.Dialects {
		for size, lasts := range chaos {
			t.Run(fmt.Sprintf("%s, %d workers", dialect, size), func(t *testing.T) {
				t.Parallel()
				url := testdb.NewURL(t, dialect)
				f := &fleet{t: t, url: url, db: testdb.Open(t, url)}
				for range size {
					f.start()
				}
				f.ready()
				f.firstRun()
				first := time.Now()
				for round := 0; time.Since(first) < lasts; round++ {
					f.nextDue(1 + round%2)
					f.kill(round % size)
					f.start()
				}
				if testdb.Required() {
					dead, alive := f.deadTime(size)
					testwait.For(t, "the gap to be made up for", func() bool { return f.caughtUp(alive) })
					f.checkGap("test.once", dead, alive, 1)
					f.checkGap("test.skip", dead, alive, 0)
				}
				testwait.For(t, "every run to finish", func() bool { return f.finished("test.all") })
				f.checkAll(time.Since(first))
				for _, name := range []string{"test.once", "test.skip"} {
					f.checkDoubles(name)
				}
			})
		}
	}
}

// deadTime kills all workers two seconds before half a minute. It starts as
// many when it is seventeen seconds past. By then, the eleven due times of
// test.once and test.skip in between are too late to be on time.
func (f *fleet) deadTime(size int) (from, to time.Time) {
	f.t.Helper()
	f.untilSecond(28)
	for len(f.workers) > 0 {
		f.kill(0)
	}
	from = time.Now() // until now, a due time may have been on time
	f.untilSecond(17)
	to = time.Now()
	for range size {
		f.start()
	}
	return from, to
}

// untilSecond returns in the next second of that number in a half minute.
func (f *fleet) untilSecond(number int) {
	f.t.Helper()
	const half = 30 * time.Second
	now := time.Now()
	next := now.Truncate(half).Add(time.Duration(number) * time.Second)
	if next.Before(now) {
		next = next.Add(half)
	}
	testwait.Pass(f.t, time.Until(next))
}

func (f *fleet) finished(name string) bool {
	for _, j := range f.jobs(name) {
		// A run that has just become due may still be under way.
		if j.State != "completed" && time.Since(j.DueAt) > 2*time.Second {
			return false
		}
	}
	return true
}

func (f *fleet) caughtUp(alive time.Time) bool {
	all := f.jobs("test.all")
	return len(all) > 0 && all[len(all)-1].DueAt.After(alive.Add(5*time.Second))
}

// checkAll proves that test.all has one run for each second since its first,
// and that this lasted long enough.
func (f *fleet) checkAll(lasted time.Duration) {
	f.t.Helper()
	f.checkDoubles("test.all")
	all := f.jobs("test.all")
	for i := 1; i < len(all); i++ {
		if step := all[i].DueAt.Sub(all[i-1].DueAt); step > time.Second {
			f.t.Errorf("between %s and %s, %d due times are lost", all[i-1].DueAt, all[i].DueAt, int(step.Seconds())-1)
		}
	}
	if short := lasted - time.Duration(len(all))*time.Second; short > 10*time.Second {
		f.t.Errorf("%d due times in %s", len(all), lasted)
	}
	f.t.Logf("%d due times", len(all))
}

// checkDoubles proves that no due time has two runs.
func (f *fleet) checkDoubles(name string) {
	f.t.Helper()
	all := f.jobs(name)
	for i := 1; i < len(all); i++ {
		if all[i].DueAt.Equal(all[i-1].DueAt) {
			f.t.Errorf("%s at %s is doubled: runs %d and %d", name, all[i].DueAt, all[i-1].ID, all[i].ID)
		}
	}
}

// checkGap proves that name has the given number of runs for due times without
// a live worker.
func (f *fleet) checkGap(name string, from, to time.Time, want int) {
	f.t.Helper()
	got := 0
	for _, j := range f.jobs(name) {
		if j.DueAt.After(from) && j.DueAt.Before(to) {
			got++
		}
	}
	if got != want {
		f.t.Errorf("%s ran %d times for the gap from %s to %s, want %d", name, got, from, to, want)
	}
}

// TestKilledInTheMiddleOfARun proves that another worker takes over and
// finishes the run, and that no row changes twice.
func TestKilledInTheMiddleOfARun(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			url := testdb.NewURL(t, dialect)
			f := &fleet{t: t, url: url, db: testdb.Open(t, url)}
			for _, query := range []string{
				"CREATE TABLE test_rows (id integer PRIMARY KEY, n integer NOT NULL DEFAULT 0)",
				"CREATE TABLE test_go (id integer)",
				"INSERT INTO test_rows (id) WITH RECURSIVE ids (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM ids WHERE id < 500) SELECT id FROM ids",
			} {
				if _, err := f.db.ExecContext(t.Context(), query); err != nil {
					t.Fatal(err)
				}
			}
			raised := func() (n int) {
				if err := f.db.NewRaw("SELECT count(*) FROM test_rows WHERE n > 0").Scan(t.Context(), &n); err != nil {
					t.Fatal(err)
				}
				return n
			}
			client, err := runs.NewInserter(f.db, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			f.start()
			f.ready()
			if _, err := runs.Insert(t.Context(), client, "test.batch", runs.Manual); err != nil {
				t.Fatal(err)
			}
			testwait.For(t, "the run to be in its middle", func() bool { return raised() == middle })
			f.kill(0)
			if _, err := f.db.ExecContext(t.Context(), "INSERT INTO test_go (id) VALUES (1)"); err != nil {
				t.Fatal(err)
			}
			killed := time.Now()
			f.start()
			f.ready()
			testwait.Within(t, 60*time.Second, "the run to finish", func() bool { return f.jobs("test.batch")[0].State == "completed" })
			t.Logf("finished %s after the kill", time.Since(killed).Round(time.Millisecond))
			if j := f.jobs("test.batch")[0]; j.Attempt != 2 {
				t.Errorf("it took %d attempts, want 2", j.Attempt)
			}
			var twice int
			if err := f.db.NewRaw("SELECT count(*) FROM test_rows WHERE n <> 1").Scan(t.Context(), &twice); err != nil || twice != 0 {
				t.Errorf("%d rows were not raised exactly once: %v", twice, err)
			}
		})
	}
}

// TestFrozenWorker stops a worker's process without ending it. Its health check
// fails, and its heartbeats expire in Redis.
func TestFrozenWorker(t *testing.T) {
	t.Parallel()
	server, redisURL := testredis.Embedded(t)
	server.ClockTTL(true)
	url := testdb.NewURL(t, "sqlite")
	f := &fleet{t: t, url: url, db: testdb.Open(t, url), env: []string{"FUALAB_REDIS_URL=" + redisURL.Reveal()}}
	f.start()
	f.ready()
	addr := f.workers[0].addr
	beats := func() bool { return server.Exists("fualab:worker:heartbeat") }
	testwait.For(t, "a heartbeat", beats)
	if err := httpserver.Check(t.Context(), addr, "/health"); err != nil {
		t.Error("a worker that works:", err)
	}
	if err := f.workers[0].Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	testwait.Within(t, 10*time.Second, "the health check to fail", func() bool { return httpserver.Check(t.Context(), addr, "/health") != nil })
	testwait.Within(t, 10*time.Second, "the heartbeat to expire", func() bool { return !beats() })
	if err := f.workers[0].Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	testwait.Within(t, 10*time.Second, "the heartbeat to come back", beats)
}
