package api_test

import (
	"testing"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
)

// TestReadyTellsOfTasks: a task is overdue when its alert fires, after three
// of its declared intervals without a success, whatever an operator made of
// its cron since, and not while it is paused.
func TestReadyTellsOfTasks(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		expect := func(name, status string, overdue ...string) readiness {
			t.Helper()
			beat(t, db, name, time.Now()) // a worker that is there, however long the test takes
			var got readiness
			testwait.For(t, "the tasks to be known", func() bool { // a busy database may take longer than /ready waits
				_, got = ready(t, db, nil, false)
				return got.Tasks.Status != "unknown"
			})
			var names []string
			for _, task := range got.Tasks.Overdue {
				names = append(names, task.Task)
			}
			overall := map[string]string{"ok": "ready", "overdue": "degraded"}[status]
			if got.Tasks.Status != status || got.Status != overall || len(names) != len(overdue) {
				t.Errorf("%s: %s, %+v; want %s, %s %v", name, got.Status, got.Tasks, overall, status, overdue)
			}
			for i := range min(len(names), len(overdue)) {
				if names[i] != overdue[i] {
					t.Errorf("%s: overdue are %v, want %v", name, names, overdue)
				}
			}
			return got
		}
		expect("no schedules", "ok")

		declareAt(t, db, "just.declared", "* * * * *", time.Now())
		declareAt(t, db, "hourly", "0 * * * *", time.Now().Add(-2*time.Hour))
		expect("within three intervals", "ok")
		declareAt(t, db, "never", "* * * * *", time.Now().Add(-4*time.Minute))
		if got := expect("never a success", "overdue", "never"); len(got.Tasks.Overdue) == 1 && (got.Tasks.Overdue[0].LastSuccess != nil || got.Tasks.Overdue[0].LimitSeconds != 180) {
			t.Errorf("got %+v, want no success, and 180 s", got.Tasks.Overdue[0])
		}

		ended(t, db, "never", "completed", time.Now().Add(-200*time.Second))
		if got := expect("a success long ago", "overdue", "never"); len(got.Tasks.Overdue) == 1 && got.Tasks.Overdue[0].LastSuccess == nil {
			t.Error("it does not tell the last success")
		}
		ended(t, db, "never", "discarded", time.Now())
		expect("a failure since", "overdue", "never")

		set(t, db, "UPDATE schedules SET paused = true WHERE name = 'never'")
		expect("paused", "ok")
		set(t, db, "UPDATE schedules SET paused = false, cron = '0 0 1 1 *' WHERE name = 'never'")
		expect("made rarer by an operator", "overdue", "never")

		ended(t, db, "never", "completed", time.Now())
		expect("a success, of which the schedule does not know", "ok")
		set(t, db, "UPDATE schedules SET last_run_id = (SELECT max(id) FROM river_job)")
		expect("a success of the schedule's", "ok")
	})
}

// declareAt makes a schedule as a worker did at a time.
func declareAt(t *testing.T, db *database.DB, name, expression string, at time.Time) {
	t.Helper()
	s := &model.Schedule{
		Name: name, Summary: name, Cron: expression, TimeZone: "UTC", MissedPolicy: model.MissedSkip, OverlapPolicy: model.OverlapSkip,
		DeclaredCron: expression, DeclaredTimeZone: "UTC", DeclaredMissedPolicy: model.MissedSkip, DeclaredOverlapPolicy: model.OverlapSkip,
		NextRunAt: model.NewTime(time.Now()), UpdatedAt: model.NewTime(at),
	}
	if _, err := db.NewInsert().Model(s).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// ended makes a run of task that ended at a time.
func ended(t *testing.T, db *database.DB, task, state string, at time.Time) {
	t.Helper()
	_, err := db.NewRaw("INSERT INTO river_job (kind, state, args, max_attempts, attempt, priority, queue, finalized_at) VALUES (?, ?, '{}', 5, 1, 1, 'default', ?)",
		task, state, model.NewTime(at)).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
}

func set(t *testing.T, db *database.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}
