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

// scheduleStore reads and changes the schedules. It is safe for concurrent use.
type scheduleStore struct {
	db  *database.DB
	now func() time.Time
}

// scheduleColumns are the columns that an operator may change.
var scheduleColumns = []string{
	"cron", "time_zone", "missed_policy", "overlap_policy", "paused", "next_run_at", "updated_at",
}

// Schedules returns all schedules, by name.
func (s *scheduleStore) Schedules(ctx context.Context) ([]*model.Schedule, error) {
	var schedules []*model.Schedule
	err := s.db.NewSelect().Model(&schedules).Order("name").Scan(ctx)
	return schedules, database.Error(err, "select the schedules")
}

// Schedule returns the schedule with the given name, or an errs.NotFound error.
func (s *scheduleStore) Schedule(ctx context.Context, name string) (*model.Schedule, error) {
	return schedule(ctx, tx.On(ctx, s.db), name, false)
}

// taskHealth is the success of the task of a schedule that is not paused.
type taskHealth struct {
	Name             string
	DeclaredCron     string
	DeclaredTimeZone string
	UpdatedAt        model.Time
	SucceededAt      *model.Time // the end of the schedule's newest run, if it has succeeded
}

// TaskHealth returns the taskHealth of each schedule that is not paused, by name.
func (s *scheduleStore) TaskHealth(ctx context.Context) ([]taskHealth, error) {
	var all []taskHealth
	err := s.db.NewRaw(`SELECT s.name, s.declared_cron, s.declared_time_zone, s.updated_at, j.finalized_at AS succeeded_at
		FROM schedules AS s LEFT JOIN river_job AS j ON j.id = s.last_run_id AND j.state = 'completed'
		WHERE NOT s.paused ORDER BY s.name`).Scan(ctx, &all)
	return all, database.Error(err, "select the schedules' last successes")
}

// UpdateSchedule changes the schedule with the given name in one transaction:
// it loads the schedule, calls change with the present time, and saves the
// result. Neither another change nor a worker with the due schedule can
// interfere. It returns the new schedule, an errs.NotFound error, or the error
// of change.
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

// schedule reads one schedule; lock locks its row until the transaction ends.
// On SQLite, a transaction locks the whole database from its beginning.
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

const noSchedule = "There is no schedule with this name. GET /api/schedules lists the schedules. A worker declares its tasks' schedules when it starts."

// storable reports whether a database can store text: Postgres accepts neither
// NUL nor invalid UTF-8.
func storable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}
