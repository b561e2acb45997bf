package items

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
)

// TestExpiryBetweenReadAndWrite proves that an item that expires between the
// read and the write of a batch still points to the right item. Its version
// rises, but it does not become pending, so no later batch would correct it.
func TestExpiryBetweenReadAndWrite(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		change  func(t *testing.T, db *database.DB, other, first int64)
		pass    func(ctx context.Context, s duplicates) error
		expires int // the index of the expiring item
	}{
		{
			"the oldest is renamed, a duplicate expires",
			func(t *testing.T, db *database.DB, _, first int64) { t.Helper(); rename(t, db, first, "elsewhere") },
			enrichOnce, 2,
		},
		{
			"the oldest is deleted, a duplicate expires",
			func(t *testing.T, db *database.DB, _, first int64) { t.Helper(); remove(t, db, first) },
			enrichOnce, 3,
		},
		{
			"an older one joins, the oldest expires",
			func(t *testing.T, db *database.DB, other, _ int64) { t.Helper(); rename(t, db, other, "same") },
			enrichOnce, 1,
		},
		{
			"the oldest is purged, a duplicate expires",
			func(t *testing.T, db *database.DB, _, first int64) { t.Helper(); remove(t, db, first) },
			func(ctx context.Context, s duplicates) error {
				_, _, err := s.purge(ctx, model.NewTime(noon.Add(time.Hour)), 100)
				return err
			}, 2,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := testdb.New(t, "postgres")
			s := duplicates{db}
			ids := []int64{create(t, db, "other"), create(t, db, "same"), create(t, db, "same"), create(t, db, "same")}
			enrichAll(t, s, 100)
			tt.change(t, db, ids[0], ids[1])

			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			if _, err := tx.ExecContext(t.Context(), "UPDATE items SET status = 'expired', version = version + 1, enriched_version = version + 1 WHERE id = ?", ids[tt.expires]); err != nil {
				t.Fatal(err)
			}
			var pass sync.WaitGroup
			pass.Go(func() {
				if err := tt.pass(t.Context(), s); err != nil {
					t.Error(err)
				}
			})
			awaitLockWait(t, db)
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			pass.Wait()
			enrichAll(t, s, 100)
			checkDuplicates(t, db, tt.name)
		})
	}
}

func enrichOnce(ctx context.Context, s duplicates) error {
	_, _, err := s.enrich(ctx, 100, plain)
	return err
}

// awaitLockWait returns when a statement on db waits for the lock of a row.
func awaitLockWait(t *testing.T, db *database.DB) {
	t.Helper()
	testwait.For(t, "a statement to wait for a lock", func() (waits bool) {
		err := db.NewRaw("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')").Scan(t.Context(), &waits)
		if err != nil {
			t.Fatal(err)
		}
		return waits
	})
}
