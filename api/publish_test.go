package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// published returns the events published since its last call,
// without the times, which it checks to be there.
func (h *harness) published() []events.Event {
	h.t.Helper()
	var all []events.Event
	for len(h.events) > 0 {
		e := <-h.events
		if e.At.IsZero() {
			h.t.Errorf("%s has no time", e.Type)
		}
		e.At = events.Event{}.At
		all = append(all, e)
	}
	return all
}

// TestWhatIsPublished: each change is published, and nothing else.
func TestWhatIsPublished(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		seed(t, db)
		h := newHarness(t, db)
		item := func(what events.Type, name string, ids ...int64) events.Event {
			return events.Event{Type: what, Count: int64(len(ids)), IDs: ids, Name: name}
		}
		run := func(what events.Type, r events.Run) events.Event { return events.Event{Type: what, Run: &r} }
		for _, s := range []struct {
			method, path, body string
			want               []events.Event
		}{
			{"POST", "/api/items", `{"name":"a"}`, []events.Event{item(items.EventCreated, "a", 1)}},
			{"POST", "/api/items/batch", `[{"name":"b"},{"name":"c"}]`, []events.Event{item(items.EventCreated, "", 2, 3)}},
			{"POST", "/api/items/batch", "[" + strings.Repeat(`{"name":"x"},`, 100) + `{"name":"x"}]`, []events.Event{{Type: items.EventCreated, Count: 101}}},
			{"PATCH", "/api/items/1", `{"name":"d"}`, []events.Event{item(items.EventUpdated, "d", 1)}},
			{"DELETE", "/api/items/1", "", []events.Event{item(items.EventDeleted, "d", 1)}},
			{"DELETE", "/api/items/1", "", nil},
			{"POST", "/api/items/1/restore", "", []events.Event{item(items.EventRestored, "d", 1)}},
			{"POST", "/api/items/1/restore", "", nil},
			{"POST", "/api/items/999/restore", "", nil},
			{"POST", "/api/items", `{"name":""}`, nil},
			{"POST", "/api/items/batch", `[{"name":"b"},{}]`, nil},
			{"PATCH", "/api/items/999", `{"name":"d"}`, nil},
			{"PATCH", "/api/items/1", `{"name":null}`, nil},
			{"GET", "/api/items", "", nil},
			{"GET", "/api/items/1", "", nil},

			{"PATCH", "/api/schedules/items.expire", `{"paused":true}`, []events.Event{{Type: events.SchedulesChanged, Name: "items.expire"}}},
			{"PATCH", "/api/schedules/items.expire", `{"cron":"x"}`, nil},
			{"PATCH", "/api/schedules/none", `{"paused":true}`, nil},
			{"POST", "/api/schedules/items.purge/runs", "", []events.Event{run(events.RunsQueued, events.Run{ID: 7, Task: "items.purge", State: "available"})}},
			{"POST", "/api/schedules/none/runs", "", nil},
			{"POST", "/api/runs/1/retry", "", []events.Event{run(events.RunsChanged, events.Run{ID: 1, Task: "items.expire", State: "available", Attempt: 2, RowsAffected: 42})}},
			{"POST", "/api/runs/1/retry", "", nil},
			{"POST", "/api/runs/3/cancel", "", []events.Event{run(events.RunsChanged, events.Run{ID: 3, Task: "stats.rollup", State: "running", Attempt: 1, RowsAffected: 5})}},
			{"POST", "/api/runs/6/cancel", "", []events.Event{run(events.RunsChanged, events.Run{ID: 6, Task: "items.expire", State: "cancelled"})}},
			{"POST", "/api/runs/99/cancel", "", nil},
			{"GET", "/api/runs/1", "", nil},
		} {
			h.do(s.method, s.path, s.body)
			if diff := cmp.Diff(s.want, h.published(), cmpopts.EquateComparable(model.Time{})); diff != "" {
				t.Errorf("%s %s %.40s publishes (-want +got):\n%s", s.method, s.path, s.body, diff)
			}
		}
	})
}

// TestRestore: a deletion that is taken back leaves the item as it was, to be
// enriched again, and is an event of the day on which it was.
func TestRestore(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := newHarness(t, db)
		h.must(201, "POST", "/api/items", `{"name":"a","description":"kept","attributes":{"n":1},"expires_at":"2026-01-02T03:04:30Z"}`)
		if _, err := db.ExecContext(t.Context(), "UPDATE items SET enriched_version = 1, slug = 'a', fingerprint = 'f', status = 'expired'"); err != nil {
			t.Fatal(err)
		}
		h.must(204, "DELETE", "/api/items/1", "")
		if got := h.must(200, "GET", "/api/items", "").Body; got != "[]\n" {
			t.Fatalf("it is still in the list: %s", got)
		}
		restored := h.must(200, "POST", "/api/items/1/restore", "")
		for _, part := range []string{`"description":"kept","attributes":{"n":1},"status":"expired","expires_at":"2026-01-02T03:04:30.000000Z","slug":"a","fingerprint":null`, `"version":3,"enriched":false`} {
			if !strings.Contains(restored.Body, part) {
				t.Errorf("restored as %s, without %s", restored.Body, part)
			}
		}
		if got := h.must(200, "GET", "/api/items/1", "").Body; got != restored.Body {
			t.Errorf("the item is %s, and was answered as %s", got, restored.Body)
		}
		if got, want := h.must(200, "GET", "/api/items?q=KEPT", "").Body, "["+strings.TrimSuffix(restored.Body, "\n")+"]\n"; got != want {
			t.Errorf("the list is %s, want %s", got, want)
		}
		var kinds []string
		if err := db.NewRaw("SELECT kind FROM item_events ORDER BY id").Scan(t.Context(), &kinds); err != nil {
			t.Fatal(err)
		}
		// The update by hand has no time of its own, and so is no event.
		if diff := cmp.Diff([]string{"created", "deleted", "restored"}, kinds); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if _, err := db.ExecContext(t.Context(), "DELETE FROM items"); err != nil {
			t.Fatal(err)
		}
		if a := h.do("POST", "/api/items/1/restore", ""); a.Status != 404 || !strings.Contains(a.Body, "Item not found") {
			t.Errorf("purged: %s", fmt.Sprint(a))
		}
	})
}
