package metrics_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/metrics"
	"github.com/fualab/fualab/worker/internal/runner"
	"github.com/fualab/fualab/worker/internal/task"
)

// at is the present time of the tests.
var at = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func TestTasks(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		for _, query := range []string{
			schedule("late", false, at.Add(-time.Minute)),
			schedule("paused", true, at.Add(-time.Minute)),
			schedule("never", false, at.Add(time.Minute)),
			runOfLate("completed", at.Add(-2*time.Hour), at.Add(-time.Hour)),
			runOfLate("completed", at.Add(-4*time.Hour), at.Add(-3*time.Hour)),
			runOfLate("discarded", at.Add(-30*time.Minute), at.Add(-20*time.Minute)),
			runOfLate("available", at.Add(-30*time.Second), time.Time{}),
			runOfLate("available", at.Add(-10*time.Second), time.Time{}),
		} {
			if _, err := db.ExecContext(t.Context(), query); err != nil {
				t.Fatalf("%s: %v", query, err)
			}
		}
		late := task.Task{Name: "late", Backlog: &task.Backlog{Name: "test", Since: func(ctx context.Context) (since time.Time, err error) {
			return at.Add(-5 * time.Second), db.PingContext(ctx)
		}}}
		tasks := metrics.New(metrics.Config{
			DB: db, Tasks: []task.Task{late, {Name: "paused"}, {Name: "never"}}, Now: func() time.Time { return at },
		})
		var beat time.Time
		r := prometheus.NewRegistry()
		r.MustRegister(tasks, metrics.Heartbeat(func() time.Time { return beat }))

		declared := float64(at.Add(-24 * time.Hour).Unix())
		want := map[string]float64{
			"fualab_task_last_success_timestamp_seconds late":   float64(at.Add(-time.Hour).Unix()),
			"fualab_task_last_success_timestamp_seconds paused": declared,
			"fualab_task_last_success_timestamp_seconds never":  declared,
			"fualab_task_due_timestamp_seconds late":            float64(at.Add(-time.Minute).Unix()),
			"fualab_task_due_timestamp_seconds never":           float64(at.Add(time.Minute).Unix()),
			"fualab_task_lag_seconds late":                      60,
			"fualab_task_lag_seconds paused":                    0,
			"fualab_task_lag_seconds never":                     0,
			"fualab_queue_age_seconds":                          30,
			"fualab_test_backlog_age_seconds":                   5,
		}
		if diff := cmp.Diff(want, gauges(t, r)); diff != "" {
			t.Errorf("before (-want +got):\n%s", diff)
		}
		tasks.Ended(runner.Ended{Task: "never", Outcome: runner.Failed, At: at})
		tasks.Ended(runner.Ended{Task: "late", Outcome: runner.Completed, At: at.Add(-time.Second)})
		beat = at
		want["fualab_task_last_success_timestamp_seconds late"] = float64(at.Add(-time.Second).Unix())
		want["fualab_heartbeat_timestamp_seconds"] = float64(at.Unix())
		if diff := cmp.Diff(want, gauges(t, r)); diff != "" {
			t.Errorf("after (-want +got):\n%s", diff)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]float64{"fualab_heartbeat_timestamp_seconds": float64(at.Unix())}, gauges(t, r)); diff != "" {
			t.Errorf("without the database (-want +got):\n%s", diff)
		}
	})
}

func quoted(at time.Time) string { return at.Format("'2006-01-02 15:04:05.000000+00:00'") }

func schedule(name string, paused bool, next time.Time) string {
	is := "false"
	if paused {
		is = "true"
	}
	return `INSERT INTO schedules (name, cron, time_zone, missed_policy, overlap_policy, declared_cron, declared_time_zone,
		declared_missed_policy, declared_overlap_policy, summary, paused, next_run_at, updated_at)
		VALUES ('` + name + `', '* * * * *', 'UTC', 'once', 'skip', '* * * * *', 'UTC', 'once', 'skip', '', ` + is + `, ` +
		quoted(next) + `, ` + quoted(at.Add(-24*time.Hour)) + `)`
}

func runOfLate(state string, scheduled, finalized time.Time) string {
	ended := "NULL"
	if !finalized.IsZero() {
		ended = quoted(finalized)
	}
	return `INSERT INTO river_job (kind, state, args, max_attempts, scheduled_at, finalized_at)
		VALUES ('late', '` + state + `', '{}', 5, ` + quoted(scheduled) + `, ` + ended + `)`
}

// gauges returns the gauges of r by name and task.
func gauges(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if m.GetGauge() == nil {
				continue
			}
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			all[name] = m.GetGauge().GetValue()
		}
	}
	return all
}
