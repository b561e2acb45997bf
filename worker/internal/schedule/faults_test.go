package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// TestInterruptedTurnIsCompletedByTheNext checks each statement of a turn that
// declares a changed task and has two other due ones. In the end, each due time
// has one run.
func TestInterruptedTurnIsCompletedByTheNext(t *testing.T) {
	t.Parallel()
	skip := everyMinute("test.skip")
	skip.OverlapPolicy = model.OverlapSkip
	all := everyMinute("test.all")
	all.MissedPolicy = model.MissedAll
	changed := everyMinute("test.changed")
	testdb.EachFault(t, testdb.Work{
		Begin: func(t *testing.T, db *database.DB) {
			w := newWorld(t, db)
			w.turn(w.ticker(skip, all, changed))
		},
		On: func(t *testing.T, db *database.DB) func(context.Context) error {
			w := newWorld(t, db)
			w.pass(2 * time.Minute)
			later := changed
			later.Cron = "0 4 * * *"
			ticker := w.ticker(skip, all, later)
			return func(ctx context.Context) error { return ticker.Step(ctx, turn) }
		},
		State: func(t *testing.T, db *database.DB) any {
			w := newWorld(t, db)
			var rows []map[string]any
			if err := db.NewRaw("SELECT name, cron, next_run_at, last_run_id IS NULL AS never FROM schedules ORDER BY name").Scan(t.Context(), &rows); err != nil {
				t.Fatal(err)
			}
			return []any{w.due("test.skip"), w.due("test.all"), w.due("test.changed"), rows}
		},
	})
}

// TestSlowDatabaseHasFewerRunsAtATime proves that a turn beyond its time is
// retried with half as many runs, and that a successful one doubles them for
// the next turn.
func TestSlowDatabaseHasFewerRunsAtATime(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		faulty, faults := testdb.Faulty(t, db)
		w := newWorld(t, faulty)
		all := everyMinute("test.all")
		all.MissedPolicy, all.Cron = model.MissedAll, "* * * * * *"
		ticker := w.ticker(all)
		w.turn(ticker)
		w.pass(time.Hour)
		hang := func() {
			t.Helper()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			faults.Set(testdb.Fault{On: "COMMIT", Hang: true, Hit: cancel})
			if err := ticker.Step(ctx, turn); !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v, want the context's error", err)
			}
			faults.Clear()
			if db.IsPostgres() { // the server ends the transaction shortly after the connection
				if _, err := db.ExecContext(t.Context(), "SELECT name FROM schedules FOR UPDATE"); err != nil {
					t.Fatal(err)
				}
			}
		}
		var inserted []int
		made := 0
		step := func() {
			t.Helper()
			w.turn(ticker)
			now := len(w.due("test.all"))
			inserted, made = append(inserted, now-made), now
		}
		step()
		hang()
		hang()
		for range 4 {
			step()
		}
		// Any fault other than slowness does not change the number.
		faults.Set(testdb.Fault{On: "COMMIT"})
		if err := ticker.Step(t.Context(), turn); !errors.Is(err, testdb.ErrLost) {
			t.Fatalf("got %v, want ErrLost", err)
		}
		faults.Clear()
		step()
		for range 10 {
			hang()
		}
		step()
		if got, want := fmt.Sprint(inserted), "[500 125 250 500 500 500 1]"; got != want {
			t.Errorf("runs inserted by turn: %s, want %s", got, want)
		}
	})
}
