package console

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// scheduleStore holds the schedules. It is safe for concurrent use.
type scheduleStore struct {
	db  *database.DB
	now func() time.Time
}

// scheduleColumns are the columns that an operator's change writes.
var scheduleColumns = []string{
	"cron", "time_zone", "missed_policy", "overlap_policy", "paused", "next_run_at", "updated_at",
}

// Schedules returns every schedule, by name.
func (s *scheduleStore) Schedules(ctx context.Context) ([]*model.Schedule, error) {
	var schedules []*model.Schedule
	err := s.db.NewSelect().Model(&schedules).Order("name").Scan(ctx)
	return schedules, database.Error(err, "select the schedules")
}

// Schedule returns the schedule of the given name, or an errs.NotFound error.
func (s *scheduleStore) Schedule(ctx context.Context, name string) (*model.Schedule, error) {
	return schedule(ctx, tx.On(ctx, s.db), name, false)
}

// pulse is what a schedule that is not paused tells of its task's success.
type pulse struct {
	Name             string
	DeclaredCron     string
	DeclaredTimeZone string
	UpdatedAt        model.Time
	SucceededAt      *model.Time // when the schedule's newest run ended, if that has succeeded
}

// Pulses returns that of every schedule that is not paused, by name.
func (s *scheduleStore) Pulses(ctx context.Context) ([]pulse, error) {
	var all []pulse
	err := s.db.NewRaw(`SELECT s.name, s.declared_cron, s.declared_time_zone, s.updated_at, j.finalized_at AS succeeded_at
		FROM schedules AS s LEFT JOIN river_job AS j ON j.id = s.last_run_id AND j.state = 'completed'
		WHERE NOT s.paused ORDER BY s.name`).Scan(ctx, &all)
	return all, database.Error(err, "select the schedules' last successes")
}

// UpdateSchedule loads the schedule of the given name, lets change decide at
// the present time, and saves what it made of it as one transaction: neither
// another change nor a worker that finds the schedule due comes in between.
// It returns the new schedule, an errs.NotFound error, or change's own.
func (s *scheduleStore) UpdateSchedule(ctx context.Context, name string, change func(*model.Schedule, model.Time) error) (*model.Schedule, error) {
	var changed *model.Schedule
	err := tx.In(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
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
