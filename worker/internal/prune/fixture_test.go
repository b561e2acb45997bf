package prune

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/task"
)

const day = 24 * time.Hour

var noon = time.Date(2030, 1, 31, 12, 0, 0, 123456000, time.UTC)

func clock() time.Time { return noon }

func exec(t *testing.T, db *database.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

// TestInterruptedTaskIsCompletedByTheNextRun checks each statement of each
// task. A run fails if the statement fails, and the next run loses and doubles
// nothing.
func TestInterruptedTaskIsCompletedByTheNextRun(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		task  func(*database.DB) task.Task
		begin func(t *testing.T, db *database.DB)
	}{
		"runs": {func(db *database.DB) task.Task { return Runs(db, clock, 10*day) }, func(t *testing.T, db *database.DB) {
			client, err := runs.NewInserter(db, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			for _, state := range []string{"completed", "cancelled", "discarded"} {
				finish(t, db, client, runs.Nudge, state, "{}", 2*day)
				finish(t, db, client, runs.Manual, state, "{}", 41*day)
			}
		}},
		"keys": {func(db *database.DB) task.Task { return Keys(db, clock) }, func(t *testing.T, db *database.DB) {
			key(t, db, "a", "long", noon.Add(-day))
			key(t, db, "a", "later", noon.Add(day))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testdb.EachFault(t, testdb.Work{
				Begin: tt.begin,
				On: func(_ *testing.T, db *database.DB) func(context.Context) error {
					pass := tt.task(db)
					return func(ctx context.Context) error {
						_, err := pass.Run(ctx)
						return err
					}
				},
				State: func(t *testing.T, db *database.DB) any {
					t.Helper()
					all := make(map[string][]map[string]any)
					for table, columns := range map[string]string{"idempotency_keys": "caller, key", "river_job": "id, state"} {
						var rows []map[string]any
						if err := db.NewRaw("SELECT "+columns+" FROM "+table+" ORDER BY "+columns).Scan(t.Context(), &rows); err != nil {
							t.Fatal(err)
						}
						all[table] = rows
					}
					return all
				},
			})
		})
	}
}

// TestLostConnectionIsUnavailable proves that an error of the database is
// neither dropped nor taken for "nothing to delete".
func TestLostConnectionIsUnavailable(t *testing.T) {
	t.Parallel()
	testdb.EachLost(t, func(db *database.DB) map[string]func(context.Context) error {
		drop := func(_ any, err error) error { return err }
		return map[string]func(context.Context) error{
			"runs": func(ctx context.Context) error { return drop(Runs(db, clock, day).Run(ctx)) },
			"keys": func(ctx context.Context) error {
				return drop(pruneKeys(ctx, db, model.NewTime(noon), 1))
			},
		}
	})
}
