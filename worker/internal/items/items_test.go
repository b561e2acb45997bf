package items

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/task"
	"github.com/fualab/fualab/worker/internal/tasktest"
)

func TestEnrich(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		enrich := Enrich(deps(db))
		first := item(t, db, map[string]any{"name": "Привет", "enriched_version": 0})
		second := item(t, db, map[string]any{"name": " ПРИВЕТ ", "enriched_version": 0})
		emoji := item(t, db, map[string]any{"name": "😀", "enriched_version": 0})
		tasktest.Pass(t, enrich, 3)
		tasktest.Pass(t, enrich, 0)
		type enriched struct {
			ID          int64
			Slug        string
			DuplicateOf int64
		}
		var got []enriched
		err := db.NewRaw("SELECT id, slug, coalesce(duplicate_of, 0) AS duplicate_of FROM items WHERE enriched_version = version ORDER BY id").Scan(t.Context(), &got)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]enriched{{first, "privet", 0}, {second, "privet", first}, {emoji, "item-3", 0}}, got); d != "" {
			t.Errorf("items (-want +got):\n%s", d)
		}
	})
}

// TestBacklog proves that the backlog begins with the change of the longest
// waiting item.
func TestBacklog(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		for ago, versions := range map[time.Duration]map[string]any{
			5 * time.Second: {"version": 2, "enriched_version": 1},
			time.Second:     {"version": 2, "enriched_version": 0},
			9 * time.Second: {"version": 2, "enriched_version": 2},
		} {
			versions["updated_at"] = model.NewTime(noon.Add(-ago))
			item(t, db, versions)
		}
		since, err := Enrich(deps(db)).Backlog.Since(t.Context())
		if want := noon.Add(-5 * time.Second); err != nil || !since.Equal(want) {
			t.Errorf("since %s, %v; want %s", since, err, want)
		}
	})
}

func TestEnrichInBatches(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		enrich := Enrich(deps(db))
		fill(t, db, task.BatchSize+1, "'Sample ' || n / 3")
		tasktest.Stopped(t, enrich)
		if n := count(t, db, "items WHERE enriched_version < version AND slug IS NULL"); n != 1 {
			t.Errorf("%d items left, want 1", n)
		}
		tasktest.Pass(t, enrich, 1)
		tasktest.Pass(t, enrich, 0)
	})
}

func TestExpire(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		due, later := model.NewTime(noon), model.NewTime(noon.Add(time.Microsecond))
		for _, tt := range []struct {
			name  string
			row   map[string]any
			wants [3]any // status, version, enriched_version
		}{
			{"just due", map[string]any{"expires_at": due}, [3]any{"expired", int64(2), int64(2)}},
			{"not yet due", map[string]any{"expires_at": later}, [3]any{"active", int64(1), int64(1)}},
			{"never due", nil, [3]any{"active", int64(1), int64(1)}},
			{"pending", map[string]any{"expires_at": due, "version": 5, "enriched_version": 3}, [3]any{"expired", int64(6), int64(3)}},
			{"deleted", map[string]any{"expires_at": due, "deleted_at": due}, [3]any{"active", int64(1), int64(1)}},
			{"changed since", map[string]any{"expires_at": due, "updated_at": due}, [3]any{"active", int64(1), int64(1)}},
			{"expired before", map[string]any{"expires_at": due, "status": "expired"}, [3]any{"expired", int64(1), int64(1)}},
		} {
			id := item(t, db, tt.row)
			defer func() {
				var status string
				var version, enriched int64
				var updated model.Time
				err := db.NewRaw("SELECT status, version, enriched_version, updated_at FROM items WHERE id = ?", id).
					Scan(t.Context(), &status, &version, &enriched, &updated)
				if got := [3]any{status, version, enriched}; err != nil || got != tt.wants {
					t.Errorf("%s: %v, %v; want %v", tt.name, got, err, tt.wants)
				}
				if changed := updated.Std().Equal(noon); changed != (tt.wants[1] != int64(1) || tt.name == "changed since") {
					t.Errorf("%s: updated_at %s", tt.name, updated)
				}
			}()
		}
		expire := Expire(deps(db))
		tasktest.Pass(t, expire, 2)
		tasktest.Pass(t, expire, 0)
		if n := count(t, db, "item_events WHERE kind = 'expired'"); n != 2 {
			t.Errorf("%d events, want 2", n)
		}
	})
}

func TestExpireInBatches(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		expire := Expire(deps(db))
		fill(t, db, task.BatchSize+1, "'Sample'")
		tasktest.Stopped(t, expire)
		if n := count(t, db, "items WHERE status = 'active' AND version = 1"); n != 1 {
			t.Errorf("%d items left, want 1", n)
		}
		tasktest.Pass(t, expire, 1)
		tasktest.Pass(t, expire, 0)
	})
}

func TestPurge(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		cutoff := noon.Add(-30 * day)
		gone := item(t, db, map[string]any{"fingerprint": "f", "deleted_at": model.NewTime(cutoff.Add(-time.Microsecond)), "version": 2})
		kept := item(t, db, map[string]any{"fingerprint": "f", "deleted_at": model.NewTime(cutoff)})
		head := item(t, db, map[string]any{"fingerprint": "f", "duplicate_of": gone})
		duplicate := item(t, db, map[string]any{"fingerprint": "f", "duplicate_of": gone})
		purge := Purge(deps(db))
		tasktest.Pass(t, purge, 3) // one deleted, two re-pointed
		tasktest.Pass(t, purge, 0)
		type row struct{ ID, DuplicateOf, Version, EnrichedVersion int64 }
		var got []row
		err := db.NewRaw("SELECT id, coalesce(duplicate_of, 0) AS duplicate_of, version, enriched_version FROM items ORDER BY id").Scan(t.Context(), &got)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]row{{kept, 0, 1, 1}, {head, 0, 2, 2}, {duplicate, head, 2, 2}}, got); d != "" {
			t.Errorf("items (-want +got):\n%s", d)
		}
	})
}

// TestPurgeInBatches re-points many duplicates of a purged item in batches
// before it is deleted.
func TestPurgeInBatches(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		gone := item(t, db, map[string]any{"fingerprint": "f", "deleted_at": model.NewTime(noon.Add(-31 * day))})
		fill(t, db, task.BatchSize+1, "'Sample'")
		exec(t, db, "UPDATE items SET fingerprint = 'f', duplicate_of = ?0, enriched_version = 1 WHERE id > ?0", gone)
		purge := Purge(deps(db))
		tasktest.Stopped(t, purge)
		if n := count(t, db, "items WHERE duplicate_of = ?", gone); n != 1 {
			t.Errorf("%d duplicates left, want 1", n)
		}
		tasktest.Pass(t, purge, 2)
		if n := count(t, db, "items WHERE duplicate_of IS NULL"); n != 1 || count(t, db, "items WHERE duplicate_of = ?", gone) != 0 {
			t.Errorf("%d items are no duplicate, want 1", n)
		}
		exec(t, db, "UPDATE items SET deleted_at = ?", model.NewTime(noon.Add(-31*day)))
		tasktest.Stopped(t, purge)
		tasktest.Pass(t, purge, 1)
		tasktest.Pass(t, purge, 0)
	})
}

// TestPurgeEvents proves that events are deleted by whole days: the day in
// which the retention ends stays.
func TestPurgeEvents(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		kept := noon.Add(-20 * day).Truncate(day)
		for _, at := range []time.Time{kept.Add(-time.Microsecond), kept, noon} {
			event(t, db, "created", at)
		}
		purge := Purge(deps(db))
		tasktest.Pass(t, purge, 1)
		tasktest.Pass(t, purge, 0)
		if n := count(t, db, "item_events"); n != 2 {
			t.Errorf("%d events, want 2", n)
		}
	})
}

func event(t *testing.T, db *database.DB, kind string, at time.Time) {
	t.Helper()
	exec(t, db, "INSERT INTO item_events (item_id, kind, at) VALUES (1, ?, ?)", kind, model.NewTime(at))
}
