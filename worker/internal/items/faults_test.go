package items

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/imports"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/task"
)

// TestInterruptedTaskIsCompletedByTheNextRun checks each statement of each
// task. A run fails if the statement fails, and the next run loses and doubles
// nothing.
func TestInterruptedTaskIsCompletedByTheNextRun(t *testing.T) {
	t.Parallel()
	long := model.NewTime(noon.Add(-31 * day))
	for name, tt := range map[string]struct {
		task  func(Deps) task.Task
		begin func(t *testing.T, db *database.DB)
	}{
		"enrich": {Enrich, func(t *testing.T, db *database.DB) {
			old := item(t, db, map[string]any{"name": "Other", "enriched_version": 0, "fingerprint": "old"})
			item(t, db, map[string]any{"fingerprint": "old", "duplicate_of": old})
			item(t, db, map[string]any{"enriched_version": 0})
			item(t, db, map[string]any{"enriched_version": 0, "deleted_at": long})
		}},
		"expire": {Expire, func(t *testing.T, db *database.DB) { fill(t, db, task.BatchSize+1, "'Sample ' || n") }},
		"purge": {Purge, func(t *testing.T, db *database.DB) {
			gone := item(t, db, map[string]any{"fingerprint": "f", "deleted_at": long})
			item(t, db, map[string]any{"fingerprint": "f", "duplicate_of": gone})
			event(t, db, "created", noon.Add(-21*day))
		}},
		"rollup": {Rollup, func(t *testing.T, db *database.DB) {
			event(t, db, "created", noon.Add(-day))
			event(t, db, "updated", noon)
		}},
		"insert by import": {Import, func(t *testing.T, db *database.DB) {
			upload(t, db, "external_id,name\na,First\na,Again\nb,Second\n", func(i *imports.Import) { i.MaxErrors = 1 })
		}},
		"change by import": {Import, func(t *testing.T, db *database.DB) {
			item(t, db, map[string]any{"external_id": "a"})
			upload(t, db, "external_id,name\na,Changed\nb,Second\n", func(i *imports.Import) { i.Mode = imports.Upsert })
		}},
		"clear imports": {Import, func(t *testing.T, db *database.DB) {
			upload(t, db, "name\nA\n", func(i *imports.Import) { i.State, i.UpdatedAt = imports.Uploading, model.NewTime(noon.Add(-2*day)) })
			upload(t, db, "name\nA\n", func(i *imports.Import) { i.State, i.UpdatedAt = imports.Failed, long })
			exec(t, db, "INSERT INTO import_keys (import_id, external_id, line) VALUES (2, 'a', 1)")
			exec(t, db, "INSERT INTO import_errors (import_id, position, line, field, reason) VALUES (2, 1, 1, 'name', 'is missing')")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testdb.EachFault(t, testdb.Work{
				Begin: tt.begin,
				On: func(_ *testing.T, db *database.DB) func(context.Context) error {
					pass := tt.task(deps(db))
					return func(ctx context.Context) error {
						_, err := pass.Run(ctx)
						return err
					}
				},
				State: state,
			})
		})
	}
}

// state is all data that the tasks change.
func state(t *testing.T, db *database.DB) any {
	t.Helper()
	all := make(map[string][]map[string]any)
	for table, columns := range map[string]string{
		"items":         "name, external_id, status, version, enriched_version, slug, fingerprint, duplicate_of",
		"item_events":   "kind, count(*) AS n",
		"item_stats":    "day, created, updated, expired, deleted",
		"imports":       "id, state, rows_read, inserted, updated, unchanged, rejected, faults, cleared, error",
		"import_errors": "import_id, position, line, field, reason",
		"import_keys":   "count(*) AS n",
		"import_chunks": "count(*) AS n",
	} {
		order := columns
		query := "SELECT %s FROM " + table
		switch table {
		case "item_events":
			query, order = query+" GROUP BY kind", "kind"
		case "import_keys", "import_chunks":
			order = "1"
		}
		var rows []map[string]any
		if err := db.NewRaw(fmt.Sprintf(query, columns)+" ORDER BY "+order).Scan(t.Context(), &rows); err != nil {
			t.Fatal(err)
		}
		all[table] = rows
	}
	return all
}

// TestLostConnectionIsUnavailable proves that an error of the database is
// neither dropped nor taken for "nothing to do".
func TestLostConnectionIsUnavailable(t *testing.T) {
	t.Parallel()
	now := model.NewTime(noon)
	drop := func(_ any, err error) error { return err }
	testdb.EachLost(t, func(db *database.DB) map[string]func(context.Context) error {
		s, g := importStore{db}, duplicates{db}
		return map[string]func(context.Context) error{
			"next":          func(ctx context.Context) error { return drop(s.next(ctx, 0)) },
			"file":          func(ctx context.Context) error { return drop(io.ReadAll(s.file(ctx, 1, 0))) },
			"cancelled":     func(ctx context.Context) error { return drop(s.cancelled(ctx, 1)) },
			"release":       func(ctx context.Context) error { return s.release(ctx, 1) },
			"abandon":       func(ctx context.Context) error { return drop(s.abandon(ctx, now, now, 1)) },
			"clear":         func(ctx context.Context) error { return drop(s.clear(ctx, 1)) },
			"prune":         func(ctx context.Context) error { return drop(s.prune(ctx, now, 1)) },
			"on":            func(ctx context.Context) error { return s.on(ctx, &imports.Import{ID: 1}, nil) },
			"expire":        func(ctx context.Context) error { return drop(expire(ctx, db, now, 1)) },
			"enrich":        func(ctx context.Context) error { _, _, err := g.enrich(ctx, 1, plain); return err },
			"purge":         func(ctx context.Context) error { _, _, err := g.purge(ctx, now, 1); return err },
			"purgeEvents":   func(ctx context.Context) error { return drop(purgeEvents(ctx, db, now, 1)) },
			"pendingSince":  func(ctx context.Context) error { return drop(pendingSince(ctx, db)) },
			"rollupDays":    func(ctx context.Context) error { return drop(rollupDays(ctx, db, noon, noon, noon)) },
			"rollupReached": func(ctx context.Context) error { return drop(rollupReached(ctx, db)) },
		}
	})
}

// TestNothingToDoIsNoError covers all reads of an empty database.
func TestNothingToDoIsNoError(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		if at, err := pendingSince(t.Context(), db); err != nil || !at.IsZero() {
			t.Errorf("pendingSince: %s, %v; want the zero time", at, err)
		}
		if _, err := (importStore{db}).next(t.Context(), 0); !errs.Is(err, errs.NotFound) {
			t.Errorf("next: %v, want NotFound", err)
		}
		if _, err := rollupReached(t.Context(), db); !errs.Is(err, errs.NotFound) {
			t.Errorf("rollupReached: %v, want NotFound", err)
		}
		if n, err := (importStore{db}).clear(t.Context(), 1); n != 0 || err != nil {
			t.Errorf("clear: %d, %v", n, err)
		}
	})
}
