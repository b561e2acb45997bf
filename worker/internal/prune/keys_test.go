package prune

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/task"
	"github.com/fualab/fualab/worker/internal/tasktest"
)

// key inserts an idempotency key of a caller's request.
func key(t *testing.T, db *database.DB, caller, key string, expires time.Time) {
	t.Helper()
	row := map[string]any{
		"caller": caller, "key": key, "fingerprint": []byte("f"), "status": 201, "header": "{}", "body": []byte("{}"),
		"expires_at": model.NewTime(expires),
	}
	if _, err := db.NewInsert().Model(&row).Table("idempotency_keys").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestPruneKeys(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		key(t, db, "a", "just", noon)
		key(t, db, "b", "just", noon.Add(time.Microsecond))
		key(t, db, "a", "long", noon.Add(-day))
		prune := Keys(db, clock)
		tasktest.Pass(t, prune, 2)
		tasktest.Pass(t, prune, 0)
		var left []string
		if err := db.NewRaw("SELECT caller || ' ' || key FROM idempotency_keys").Scan(t.Context(), &left); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"b just"}, left); d != "" {
			t.Errorf("left (-want +got):\n%s", d)
		}
	})
}

func TestPruneKeysInBatches(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		for n := range task.BatchSize + 1 {
			key(t, db, "a", fmt.Sprint(n), noon.Add(-day))
		}
		prune := Keys(db, clock)
		tasktest.Stopped(t, prune)
		var left int
		if err := db.NewRaw("SELECT count(*) FROM idempotency_keys").Scan(t.Context(), &left); err != nil || left != 1 {
			t.Errorf("%d left, %v; want 1", left, err)
		}
		tasktest.Pass(t, prune, 1)
		tasktest.Pass(t, prune, 0)
	})
}
