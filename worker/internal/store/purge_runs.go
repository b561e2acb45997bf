package store

import (
	"context"
	"time"

	"github.com/riverqueue/river/rivertype"
	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
)

// Prunable chooses runs that ended in State before Before.
type Prunable struct {
	State  rivertype.JobState
	Before model.Time
	// Dull chooses only runs that nobody looks for: made by a nudge, or
	// without effect.
	Dull bool
}

// dull knows a run without effect by its recorded output (runs.Output); one
// that recorded none is left alone. The operators read jsonb on Postgres and
// River's binary JSON on SQLite.
const dull = `(args ->> 'trigger' = 'nudge' OR CAST(metadata -> 'output' ->> 'rows_affected' AS text) = '0')`

// PruneRuns deletes up to limit runs that p chooses, the oldest first, and
// returns how many. A schedule's last run stays, so that the schedule can
// still tell how it went.
func (s *Store) PruneRuns(ctx context.Context, p Prunable, limit int) (int64, error) {
	only := bun.Safe("")
	if p.Dull {
		only = "AND " + dull
	}
	result, err := s.db.NewRaw(`WITH done AS MATERIALIZED (SELECT id FROM river_job
		WHERE state = ? AND finalized_at < ? ?
			AND id NOT IN (SELECT last_run_id FROM schedules WHERE last_run_id IS NOT NULL)
		ORDER BY finalized_at LIMIT ? ?)
		DELETE FROM river_job WHERE id IN (SELECT id FROM done)`,
		string(p.State), s.riverTime(p.Before), only, limit, s.skipLocked()).Exec(ctx)
	if err != nil {
		return 0, database.Error(err, "prune %s runs from before %s", p.State, p.Before)
	}
	n, err := result.RowsAffected()
	return n, database.Error(err, "count pruned runs")
}

// riverTime is t as River's tables hold it: on SQLite as text of its own
// form, in milliseconds.
func (s *Store) riverTime(t model.Time) any {
	if s.db.IsPostgres() {
		return t
	}
	return t.Std().Round(time.Millisecond).Format("2006-01-02 15:04:05.000")
}
