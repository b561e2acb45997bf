package items_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// TestWhatIsPublished: each change is published, and nothing else.
func TestWhatIsPublished(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		apitest.Seed(t, db)
		h := apitest.NewHarness(t, db)
		item := func(what events.Type, name string, ids ...int64) events.Event {
			return events.Event{Type: what, Count: int64(len(ids)), IDs: ids, Name: name}
		}
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
		} {
			h.Do(s.method, s.path, s.body)
			if diff := cmp.Diff(s.want, h.Published(), cmpopts.EquateComparable(model.Time{})); diff != "" {
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
		h := apitest.NewHarness(t, db)
		h.Must(201, "POST", "/api/items", `{"name":"a","description":"kept","attributes":{"n":1},"expires_at":"2026-01-02T03:04:30Z"}`)
		if _, err := db.ExecContext(t.Context(), "UPDATE items SET enriched_version = 1, slug = 'a', fingerprint = 'f', status = 'expired'"); err != nil {
			t.Fatal(err)
		}
		h.Must(204, "DELETE", "/api/items/1", "")
		if got := h.Must(200, "GET", "/api/items", "").Body; got != "[]\n" {
			t.Fatalf("it is still in the list: %s", got)
		}
		restored := h.Must(200, "POST", "/api/items/1/restore", "")
		for _, part := range []string{`"description":"kept","attributes":{"n":1},"status":"expired","expires_at":"2026-01-02T03:04:30.000000Z","slug":"a","fingerprint":null`, `"version":3,"enriched":false`} {
			if !strings.Contains(restored.Body, part) {
				t.Errorf("restored as %s, without %s", restored.Body, part)
			}
		}
		if got := h.Must(200, "GET", "/api/items/1", "").Body; got != restored.Body {
			t.Errorf("the item is %s, and was answered as %s", got, restored.Body)
		}
		if got, want := h.Must(200, "GET", "/api/items?q=KEPT", "").Body, "["+strings.TrimSuffix(restored.Body, "\n")+"]\n"; got != want {
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
		if a := h.Do("POST", "/api/items/1/restore", ""); a.Status != 404 || !strings.Contains(a.Body, "Item not found") {
			t.Errorf("purged: %s", fmt.Sprint(a))
		}
	})
}
