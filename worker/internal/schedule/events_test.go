package schedule_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/testdb"
)

// TestEvents proves that due runs are published after their commit, that an
// idle turn publishes nothing, and that rolled back runs are never published.
func TestEvents(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		w.published = make(chan events.Event, 100)
		ticker := w.ticker(everyMinute("test.task"))
		type told struct{ Type, Name, Task, State string }
		expect := func(after string, want ...told) {
			t.Helper()
			var got []told
			for len(w.published) > 0 {
				e := <-w.published
				one := told{Type: string(e.Type), Name: e.Name}
				if e.Run != nil {
					one.Task, one.State = e.Run.Task, e.Run.State
				}
				got = append(got, one)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("after %s (-want +got):\n%s", after, diff)
			}
		}
		w.turn(ticker)
		expect("the first turn", told{Type: "schedules.changed"})
		w.turn(ticker)
		expect("an idle turn")

		w.exec(refuse(db))
		w.pass(time.Minute)
		if err := ticker.Step(t.Context(), turn); err == nil {
			t.Error("the database should have refused it")
		}
		expect("a turn that was rolled back")
		w.exec(allow(db))
		w.turn(ticker)
		expect("a turn in which it is due",
			told{Type: "runs.queued", Task: "test.task", State: "available"},
			told{Type: "schedules.changed", Name: "test.task"})
	})
}

// refuse lets the insertion of a run succeed, and then the update of the
// schedule fail.
func refuse(db *database.DB) string {
	if db.IsPostgres() {
		return `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
			CREATE TRIGGER refuse BEFORE UPDATE ON schedules FOR EACH ROW EXECUTE FUNCTION refuse()`
	}
	return `CREATE TRIGGER refuse BEFORE UPDATE ON schedules BEGIN SELECT RAISE(ABORT, 'refused'); END`
}

func allow(db *database.DB) string {
	if db.IsPostgres() {
		return "DROP TRIGGER refuse ON schedules"
	}
	return "DROP TRIGGER refuse"
}
