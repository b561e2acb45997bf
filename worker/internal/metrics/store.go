package metrics

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// store reads schedules and runs. It is safe for concurrent use.
type store struct{ db *database.DB }

// taskHealth is the state of a schedule.
type taskHealth struct {
	Name        string
	Paused      bool
	NextRunAt   model.Time
	UpdatedAt   model.Time // time of the last change, by a declaration or an operator
	SucceededAt *time.Time // end of its newest run, if successful
}

// taskHealths returns the state of the existing schedules among names.
func (s store) taskHealths(ctx context.Context, names []string) ([]taskHealth, error) {
	var all []taskHealth
	err := s.db.NewRaw(`SELECT s.name, s.paused, s.next_run_at, s.updated_at, j.finalized_at AS succeeded_at
		FROM schedules AS s LEFT JOIN river_job AS j ON j.id = s.last_run_id AND j.state = 'completed'
		WHERE s.name IN (?)`, bun.List(names)).Scan(ctx, &all)
	return all, database.Error(err, "read the state of the schedules")
}

// lastSuccess returns the end of task's newest successful run, whatever started
// it, or the zero time.
func (s store) lastSuccess(ctx context.Context, task string) (time.Time, error) {
	return s.instant(ctx, "find the last success of "+task, `SELECT finalized_at FROM river_job
		WHERE kind = ? AND state = 'completed' AND finalized_at IS NOT NULL ORDER BY finalized_at DESC LIMIT 1`, task)
}

// waitsSince returns the time since which the oldest ready run waits, or the
// zero time.
func (s store) waitsSince(ctx context.Context) (time.Time, error) {
	return s.instant(ctx, "find the oldest waiting run",
		"SELECT scheduled_at FROM river_job WHERE state = 'available' ORDER BY scheduled_at LIMIT 1")
}

func (s store) instant(ctx context.Context, doing, query string, args ...any) (time.Time, error) {
	var at model.Time
	err := database.Error(s.db.NewRaw(query, args...).Scan(ctx, &at), "%s", doing)
	if errs.Is(err, errs.NotFound) {
		return time.Time{}, nil
	}
	return at.Std(), err
}
