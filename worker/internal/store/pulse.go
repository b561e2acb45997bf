package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// Pulse is how a schedule stands.
type Pulse struct {
	Name        string
	Paused      bool
	NextRunAt   model.Time
	UpdatedAt   model.Time // when it was last declared otherwise, or changed
	SucceededAt *time.Time // when its newest run ended, if that succeeded
}

// Pulses returns how the schedules of names stand, those that there are.
func (s *Store) Pulses(ctx context.Context, names []string) ([]Pulse, error) {
	var all []Pulse
	err := s.db.NewRaw(`SELECT s.name, s.paused, s.next_run_at, s.updated_at, j.finalized_at AS succeeded_at
		FROM schedules AS s LEFT JOIN river_job AS j ON j.id = s.last_run_id AND j.state = 'completed'
		WHERE s.name IN (?)`, bun.List(names)).Scan(ctx, &all)
	return all, database.Error(err, "read how schedules stand")
}

// LastSuccess returns when the newest run of task ended that has succeeded,
// whatever made it, and the zero time if there is none.
func (s *Store) LastSuccess(ctx context.Context, task string) (time.Time, error) {
	return s.instant(ctx, "find the last success of "+task, `SELECT finalized_at FROM river_job
		WHERE kind = ? AND state = 'completed' AND finalized_at IS NOT NULL ORDER BY finalized_at DESC LIMIT 1`, task)
}

// WaitsSince returns since when the run waits that could have begun first, the
// zero time if none does.
func (s *Store) WaitsSince(ctx context.Context) (time.Time, error) {
	return s.instant(ctx, "find the oldest run that waits",
		"SELECT scheduled_at FROM river_job WHERE state = 'available' ORDER BY scheduled_at LIMIT 1")
}

// mostBehind bounds how many items one look takes in. They are enriched in the
// order of their ids, so that the oldest are nearly always among the first.
const mostBehind = 10_000

// BehindSince returns since when the item waits to be enriched that has waited
// the longest, the zero time if none does.
func (s *Store) BehindSince(ctx context.Context) (time.Time, error) {
	return s.instant(ctx, "find the item that waits the longest", `SELECT updated_at FROM
		(SELECT updated_at FROM items WHERE enriched_version < version ORDER BY id LIMIT ?) AS waiting ORDER BY updated_at LIMIT 1`, mostBehind)
}

func (s *Store) instant(ctx context.Context, doing, query string, args ...any) (time.Time, error) {
	var at model.Time
	err := database.Error(s.db.NewRaw(query, args...).Scan(ctx, &at), "%s", doing)
	if errs.Is(err, errs.NotFound) {
		return time.Time{}, nil
	}
	return at.Std(), err
}
