package items

import (
	"fmt"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/tasktest"
)

var noon = time.Date(2030, 1, 31, 12, 0, 0, 123456000, time.UTC)

// deps are the dependencies of a task, at noon.
func deps(db *database.DB) Deps {
	return Deps{
		DB:              db,
		Now:             func() time.Time { return noon },
		Retention:       30 * day,
		ImportRetention: 10 * day,
		EventRetention:  20 * day,
	}
}

// TestReportedItems proves that each task with an event reports exactly the
// affected items.
func TestReportedItems(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		d := deps(db)
		due := model.NewTime(noon)
		long := model.NewTime(noon.Add(-31 * day))
		gone := item(t, db, map[string]any{"fingerprint": "f", "deleted_at": long})
		head := item(t, db, map[string]any{"fingerprint": "f", "duplicate_of": gone})
		young := item(t, db, map[string]any{"name": "New", "enriched_version": 0, "expires_at": due})
		item(t, db, map[string]any{"enriched_version": 0, "deleted_at": due}) // not reported
		tasktest.Reports(t, Enrich(d), young)
		tasktest.Reports(t, Expire(d), young)
		tasktest.Reports(t, Purge(d), gone)
		if n := count(t, db, "items WHERE id = ? AND duplicate_of IS NULL", head); n != 1 {
			t.Error("its duplicate still points to the purged item")
		}
		tasktest.Reports(t, Purge(d))
	})
}

func exec(t *testing.T, db *database.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, db *database.DB, from string, args ...any) (n int64) {
	t.Helper()
	if err := db.NewRaw("SELECT count(*) FROM "+from, args...).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// fill inserts n pending items that are overdue for a day. The expression name
// may contain their number n.
func fill(tb testing.TB, db *database.DB, n int, name string) {
	tb.Helper()
	instant := "text"
	if db.IsPostgres() {
		instant = "timestamptz"
	}
	insert := fmt.Sprintf(`WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %[1]d)
		INSERT INTO items (name, search_text, created_at, updated_at, expires_at)
		SELECT %[2]s, lower(%[2]s), CAST(?0 AS %[3]s), CAST(?0 AS %[3]s), CAST(?1 AS %[3]s) FROM numbers`, n, name, instant)
	if _, err := db.ExecContext(tb.Context(), insert, model.NewTime(noon.Add(-2*day)), model.NewTime(noon.Add(-day))); err != nil {
		tb.Fatal(err)
	}
}

// item inserts an enriched item with extra columns set.
func item(t *testing.T, db *database.DB, extra map[string]any) (id int64) {
	t.Helper()
	row := map[string]any{
		"name": "Sample", "search_text": "sample", "status": "active", "version": 1, "enriched_version": 1,
		"created_at": model.NewTime(noon.Add(-2 * day)), "updated_at": model.NewTime(noon.Add(-2 * day)),
	}
	for column, value := range extra {
		row[column] = value
	}
	if _, err := db.NewInsert().Model(&row).Table("items").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.NewRaw("SELECT max(id) FROM items").Scan(t.Context(), &id); err != nil {
		t.Fatal(err)
	}
	return id
}
