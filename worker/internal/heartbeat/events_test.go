package heartbeat

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/testdb"
)

// TestEvents proves that a worker joins with its first row and leaves with its
// deletion. A heartbeat without a written row is no event.
func TestEvents(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		f := newFixture(t, db, "")
		var told []string
		f.cfg.Publish = func(e events.Event) {
			told = append(told, string(e.Type)+" "+e.Name+" "+e.At.String()[11:19])
		}
		exec := func(query string) {
			t.Helper()
			if _, err := db.ExecContext(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		exec("ALTER TABLE workers RENAME TO hidden")
		f.turn(0)
		if f.err == nil || len(told) > 0 {
			t.Errorf("without its table: %v, told %q", f.err, told)
		}
		exec("ALTER TABLE hidden RENAME TO workers")
		f.turn(31 * time.Second)
		if err := f.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"workers.joined host-1-abc 12:00:01", "workers.beat host-1-abc 12:00:15", "workers.beat host-1-abc 12:00:30",
			"workers.left host-1-abc 12:00:31",
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}
