package tasks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/cron"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/store"
	"github.com/fualab/fualab/worker/internal/task"
)

var noon = time.Date(2030, 1, 31, 12, 0, 0, 123456000, time.UTC)

// deps are a task's, at noon.
func deps(db *database.DB) Deps {
	return Deps{
		Store:          store.New(db),
		Now:            func() time.Time { return noon },
		ItemRetention:  30 * day,
		RunRetention:   10 * day,
		EventRetention: 20 * day,
	}
}

// pass runs t once and expects it to affect want rows.
func pass(t *testing.T, run task.Task, want int64) {
	t.Helper()
	result, err := run.Run(t.Context())
	if err != nil || result.RowsAffected != want {
		t.Errorf("%s: %d rows, %v; want %d", run.Name, result.RowsAffected, err, want)
	}
}

// stopped runs t until it first reports and then ends its context. It expects
// the pass to stop there, with one whole batch done.
func stopped(t *testing.T, run task.Task) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var reported []int64
	ctx = task.WithReporter(ctx, func(soFar task.Result, _ []int64) {
		reported = append(reported, soFar.RowsAffected)
		cancel()
	})
	result, err := run.Run(ctx)
	if !errors.Is(err, context.Canceled) || result.RowsAffected != batchSize || !cmp.Equal(reported, []int64{batchSize}) {
		t.Errorf("%s, stopped: %d rows, reported %v, %v; want one batch", run.Name, result.RowsAffected, reported, err)
	}
}

// passOn runs t once and expects it to report that it affected items.
func passOn(t *testing.T, run task.Task, items ...int64) {
	t.Helper()
	var reported []int64
	ctx := task.WithReporter(t.Context(), func(_ task.Result, some []int64) { reported = append(reported, some...) })
	if _, err := run.Run(ctx); err != nil {
		t.Errorf("%s: %v", run.Name, err)
	}
	slices.Sort(reported)
	if diff := cmp.Diff(items, reported); diff != "" {
		t.Errorf("%s reports items (-want +got):\n%s", run.Name, diff)
	}
}

// TestReportedItems: each task that has an event reports those items to which
// it applies, and no others.
func TestReportedItems(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		d := deps(db)
		due := model.NewTime(noon)
		long := model.NewTime(noon.Add(-31 * day))
		gone := item(t, db, map[string]any{"fingerprint": "f", "deleted_at": long})
		head := item(t, db, map[string]any{"fingerprint": "f", "duplicate_of": gone})
		young := item(t, db, map[string]any{"name": "New", "enriched_version": 0, "expires_at": due})
		item(t, db, map[string]any{"enriched_version": 0, "deleted_at": due}) // of no interest to anybody
		passOn(t, enrichItems(d), young)
		passOn(t, expireItems(d), young)
		passOn(t, purgeItems(d), gone)
		if n := count(t, db, "items WHERE id = ? AND duplicate_of IS NULL", head); n != 1 {
			t.Error("its duplicate still points to what was purged")
		}
		passOn(t, purgeItems(d))
		for _, tt := range All(d) {
			// An import does two things to items, and tells of each itself.
			if about := strings.HasPrefix(tt.Name, "items.") && tt.Name != model.ImportTask; about != strings.HasPrefix(string(tt.Event), "items.") {
				t.Errorf("%s has the event %q", tt.Name, tt.Event)
			}
		}
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

// fill inserts n pending items that are due since a day. The expression name
// may refer to their number n.
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

// item inserts one that is enriched, with extra columns set.
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

func TestAllAreComplete(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, tt := range All(Deps{}) {
		if _, err := cron.Parse(tt.Cron, "UTC"); err != nil {
			t.Errorf("%s: %v", tt.Name, err)
		}
		if seen[tt.Name] || tt.Name == "" || tt.Summary == "" || tt.MissedPolicy == "" || tt.OverlapPolicy == "" ||
			tt.Timeout <= 0 || tt.Run == nil {
			t.Errorf("incomplete: %+v", tt)
		}
		seen[tt.Name] = true
	}
}
