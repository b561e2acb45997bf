package api_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// TestChangesOfRunsArePublished: each change of a schedule or a run is an event, and nothing else is.
func TestChangesOfRunsArePublished(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		apitest.Seed(t, db)
		h := apitest.NewHarness(t, db)
		run := func(what events.Type, r events.Run) events.Event { return events.Event{Type: what, Run: &r} }
		for _, s := range []struct {
			method, path, body string
			want               []events.Event
		}{
			{"PATCH", "/api/schedules/rows.expire", `{"paused":true}`, []events.Event{{Type: events.SchedulesChanged, Name: "rows.expire"}}},
			{"PATCH", "/api/schedules/rows.expire", `{"cron":"x"}`, nil},
			{"PATCH", "/api/schedules/none", `{"paused":true}`, nil},
			{"POST", "/api/schedules/rows.purge/runs", "", []events.Event{run(events.RunsQueued, events.Run{ID: 7, Task: "rows.purge", State: "available"})}},
			{"POST", "/api/schedules/none/runs", "", nil},
			{"POST", "/api/runs/1/retry", "", []events.Event{run(events.RunsChanged, events.Run{ID: 1, Task: "rows.expire", State: "available", Attempt: 2, RowsAffected: 42})}},
			{"POST", "/api/runs/1/retry", "", nil},
			{"POST", "/api/runs/3/cancel", "", []events.Event{run(events.RunsChanged, events.Run{ID: 3, Task: "stats.rollup", State: "running", Attempt: 1, RowsAffected: 5})}},
			{"POST", "/api/runs/6/cancel", "", []events.Event{run(events.RunsChanged, events.Run{ID: 6, Task: "rows.expire", State: "cancelled"})}},
			{"POST", "/api/runs/99/cancel", "", nil},
			{"GET", "/api/runs/1", "", nil},
		} {
			h.Do(s.method, s.path, s.body)
			if diff := cmp.Diff(s.want, h.Published(), cmpopts.EquateComparable(model.Time{})); diff != "" {
				t.Errorf("%s %s %.40s publishes (-want +got):\n%s", s.method, s.path, s.body, diff)
			}
		}
	})
}
