package items

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/tasktest"
)

type counts struct {
	Day                                          string
	Created, Updated, Expired, Deleted, Restored int64
}

func stats(t *testing.T, db *database.DB) []counts {
	t.Helper()
	var rows []counts
	if err := db.NewRaw("SELECT CAST(day AS text) AS day, created, updated, expired, deleted, restored FROM item_stats ORDER BY day").Scan(t.Context(), &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func expectStats(t *testing.T, db *database.DB, want ...counts) {
	t.Helper()
	if d := cmp.Diff(want, stats(t, db)); d != "" {
		t.Errorf("stats (-want +got):\n%s", d)
	}
}

func TestRollup(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		d := deps(db)
		rollup := Rollup(d)
		tasktest.Pass(t, rollup, 0) // no events yet
		midnight := noon.Truncate(day)
		for _, at := range []time.Time{midnight.Add(-4 * day), midnight.Add(-time.Microsecond), midnight, noon} {
			event(t, db, "created", at)
		}
		for _, kind := range []string{"updated", "expired", "expired", "deleted", "restored", "restored", "restored"} {
			event(t, db, kind, noon)
		}
		tasktest.Pass(t, rollup, 3)
		old, yesterday := counts{"2030-01-27", 1, 0, 0, 0, 0}, counts{"2030-01-30", 1, 0, 0, 0, 0}
		expectStats(t, db, old, yesterday, counts{"2030-01-31", 2, 1, 2, 1, 3})
		tasktest.Pass(t, rollup, 0)

		event(t, db, "deleted", noon)
		event(t, db, "deleted", midnight.Add(-time.Microsecond))
		event(t, db, "deleted", midnight.Add(-4*day)) // later than any commit
		tasktest.Pass(t, rollup, 2)
		yesterday.Deleted = 1
		expectStats(t, db, old, yesterday, counts{"2030-01-31", 2, 1, 2, 2, 3})
	})
}

// TestRollupAfterAGap proves that days without a live worker are counted later.
func TestRollupAfterAGap(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		d := deps(db)
		event(t, db, "created", noon)
		tasktest.Pass(t, Rollup(d), 1)
		event(t, db, "updated", noon.Add(3*day))
		event(t, db, "updated", noon.Add(5*day))
		d.Now = func() time.Time { return noon.Add(9 * day) }
		tasktest.Pass(t, Rollup(d), 2)
		expectStats(t, db, counts{"2030-01-31", 1, 0, 0, 0, 0}, counts{"2030-02-03", 0, 1, 0, 0, 0}, counts{"2030-02-05", 0, 1, 0, 0, 0})
	})
}

// TestRollupKeepsWhatItCannotCount proves that counts from purged events stay.
func TestRollupKeepsWhatItCannotCount(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		d := deps(db)
		event(t, db, "created", noon)
		tasktest.Pass(t, Rollup(d), 1)
		d.Now = func() time.Time { return noon.Add(21 * day) }
		tasktest.Pass(t, Purge(d), 1)
		tasktest.Pass(t, Rollup(d), 0)
		expectStats(t, db, counts{"2030-01-31", 1, 0, 0, 0, 0})
	})
}

func TestRollupDays(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		for i := range 4 {
			event(t, db, "created", noon.Add(time.Duration(i)*day))
		}
		for i, want := range []int64{2, 0} {
			n, err := rollupDays(t.Context(), db, noon.Add(day), noon.Add(2*day), noon)
			if err != nil || n != want {
				t.Errorf("time %d: %d, %v; want %d", i, n, err, want)
			}
		}
		expectStats(t, db, counts{"2030-02-01", 1, 0, 0, 0, 0}, counts{"2030-02-02", 1, 0, 0, 0, 0})
		exec(t, db, "DELETE FROM item_events")
		if n, err := rollupDays(t.Context(), db, noon, noon.Add(day), noon); err != nil || n != 1 {
			t.Errorf("without events: %d, %v", n, err)
		}
		expectStats(t, db, counts{"2030-02-01", 0, 0, 0, 0, 0}, counts{"2030-02-02", 1, 0, 0, 0, 0})
	})
}
