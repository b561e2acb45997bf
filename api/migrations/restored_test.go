package migrations

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/database"
)

// TestRestoredKeepsEvents applies and reverts 0005 with existing events. No
// event is lost, and the event of a restored item is an update in the older
// schema.
func TestRestoredKeepsEvents(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		m := newMigrator(t, db)
		if _, err := m.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		exec := func(query string) {
			t.Helper()
			if _, err := db.ExecContext(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(when string, want ...string) {
			t.Helper()
			var got []string
			if err := db.NewRaw("SELECT id || ' ' || kind FROM item_events ORDER BY id").Scan(t.Context(), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("events %s (-want +got):\n%s", when, diff)
			}
		}
		exec("INSERT INTO items (name, created_at, updated_at) VALUES ('a', '2026-01-02 03:04:01.000000+00:00', '2026-01-02 03:04:01.000000+00:00')")
		exec("UPDATE items SET deleted_at = '2026-01-02 03:04:02.000000+00:00', updated_at = '2026-01-02 03:04:02.000000+00:00'")
		exec("UPDATE items SET deleted_at = NULL, updated_at = '2026-01-02 03:04:03.000000+00:00'")
		expect("at first", "1 created", "2 deleted", "3 restored")

		for {
			name, err := m.Down(t.Context())
			if err != nil || name == "" {
				t.Fatalf("down: %q, %v", name, err)
			}
			if name == "0005" {
				break
			}
		}
		expect("without 0005", "1 created", "2 deleted", "3 updated")
		exec("UPDATE items SET updated_at = '2026-01-02 03:04:04.000000+00:00'")
		if _, err := m.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		exec("UPDATE items SET updated_at = '2026-01-02 03:04:05.000000+00:00'")
		expect("with it again", "1 created", "2 deleted", "3 updated", "4 updated", "5 updated")
	})
}
