package store

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// scheduleColumns are the columns that an operator's change writes.
var scheduleColumns = []string{
	"cron", "time_zone", "missed_policy", "overlap_policy", "paused", "next_run_at", "updated_at",
}

// Schedules returns every schedule, by name.
func (s *Store) Schedules(ctx context.Context) ([]*model.Schedule, error) {
	var schedules []*model.Schedule
	err := s.db.NewSelect().Model(&schedules).Order("name").Scan(ctx)
	return schedules, database.Error(err, "select the schedules")
}

// Schedule returns the schedule of the given name, or an errs.NotFound error.
func (s *Store) Schedule(ctx context.Context, name string) (*model.Schedule, error) {
	return schedule(ctx, s.on(ctx), name, false)
}

// Pulse is what a schedule that is not paused tells of its task's success.
type Pulse struct {
	Name             string
	DeclaredCron     string
	DeclaredTimeZone string
	UpdatedAt        model.Time
	SucceededAt      *model.Time // when the schedule's newest run ended, if that has succeeded
}

// Pulses returns that of every schedule that is not paused, by name.
func (s *Store) Pulses(ctx context.Context) ([]Pulse, error) {
	var all []Pulse
	err := s.db.NewRaw(`SELECT s.name, s.declared_cron, s.declared_time_zone, s.updated_at, j.finalized_at AS succeeded_at
		FROM schedules AS s LEFT JOIN river_job AS j ON j.id = s.last_run_id AND j.state = 'completed'
		WHERE NOT s.paused ORDER BY s.name`).Scan(ctx, &all)
	return all, database.Error(err, "select the schedules' last successes")
}

// LastSuccess returns when the newest run of task ended that has succeeded,
// whatever made it, or an errs.NotFound error. It may read all runs there are.
func (s *Store) LastSuccess(ctx context.Context, task string) (model.Time, error) {
	var at model.Time
	err := s.db.NewRaw("SELECT finalized_at FROM river_job WHERE kind = ? AND state = 'completed' ORDER BY finalized_at DESC LIMIT 1", task).Scan(ctx, &at)
	return at, database.Error(err, "select the last success of %s", task)
}

// UpdateSchedule loads the schedule of the given name, lets change decide at
// the present time, and saves what it made of it as one transaction: neither
// another change nor a worker that finds the schedule due comes in between.
// It returns the new schedule, an errs.NotFound error, or change's own.
func (s *Store) UpdateSchedule(ctx context.Context, name string, change func(*model.Schedule, model.Time) error) (*model.Schedule, error) {
	var changed *model.Schedule
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		schedule, err := schedule(ctx, tx, name, s.db.IsPostgres())
		if err != nil {
			return err
		}
		now := model.NewTime(s.now())
		if err := change(schedule, now); err != nil {
			return err
		}
		schedule.UpdatedAt = now
		changed = schedule
		_, err = tx.NewUpdate().Model(schedule).Column(scheduleColumns...).WherePK().Exec(ctx)
		return err
	})
	return changed, database.Error(err, "update schedule %q", name)
}

// schedule reads one schedule; lock holds its row until the transaction ends.
// SQLite's transactions hold the whole database from their beginning.
func schedule(ctx context.Context, db bun.IDB, name string, lock bool) (*model.Schedule, error) {
	if !storable(name) {
		return nil, errs.New(errs.NotFound, noSchedule)
	}
	schedule := new(model.Schedule)
	query := db.NewSelect().Model(schedule).Where("name = ?", name)
	if lock {
		query = query.For("UPDATE")
	}
	err := database.Error(query.Scan(ctx), "select schedule %q", name)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Wrap(errs.NotFound, noSchedule, err)
	}
	return schedule, err
}

const noSchedule = "There is no schedule of this name. GET /api/schedules lists those there are; a worker that starts declares its tasks' schedules."

// storable reports whether text can be in a database at all: Postgres takes
// neither NUL nor what is not UTF-8.
func storable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}
