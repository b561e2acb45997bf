package console

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// runStore reads and changes the runs by River's client. It is safe for
// concurrent use.
type runStore struct {
	db        *database.DB
	queue     *runs.Client
	schedules *scheduleStore
}

// runPage requests the Limit runs, newest first, that are older than Before.
type runPage struct {
	Tasks  []string   // empty: all tasks
	State  runs.State // "": all states
	Before int64      // the id of a run; 0: the beginning
	Limit  int        // at most 9999
}

// Runs returns one page of runs, the newest first, and whether there are older
// runs.
func (s *runStore) Runs(ctx context.Context, p runPage) (page []*runs.Run, more bool, err error) {
	page, err = s.queue.List(ctx, runs.Filter{Tasks: p.Tasks, State: p.State, Before: p.Before}, p.Limit+1)
	if err != nil {
		return nil, false, database.Error(err, "list runs")
	}
	if more = len(page) > p.Limit; more {
		page = page[:p.Limit]
	}
	return page, more, nil
}

// Run returns the run with the given id, or an errs.NotFound error.
func (s *runStore) Run(ctx context.Context, id int64) (*runs.Run, error) {
	run, err := s.queue.Get(ctx, id)
	return run, runError(err, "select", id)
}

// LastRuns returns the newest run of each of tasks, by task. Tasks without a
// run are absent.
func (s *runStore) LastRuns(ctx context.Context, tasks ...string) (map[string]*runs.Run, error) {
	last := make(map[string]*runs.Run, len(tasks))
	for some := range slices.Chunk(tasks, maxTasks) {
		ids, err := s.lastRunIDs(ctx, some)
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			continue // without ids, the filter would match all runs
		}
		list, err := s.queue.List(ctx, runs.Filter{IDs: ids}, len(ids))
		if err != nil {
			return nil, database.Error(err, "select the newest runs")
		}
		for _, run := range list {
			last[run.Task] = run
		}
	}
	return last, nil
}

// maxTasks is the limit of one query for the newest runs. SQLite accepts up to
// 500 SELECTs in one statement.
const maxTasks = 250

// lastRunIDs selects each task's newest run separately, because grouping would
// read all runs. Each task's name is a literal, so that Postgres can choose a plan
// for that name. For a task with many runs, it scans by id. For a task with few
// runs, it uses the index on kind.
func (s *runStore) lastRunIDs(ctx context.Context, tasks []string) ([]int64, error) {
	const newest = "SELECT id FROM (SELECT id FROM river_job WHERE kind = ? ORDER BY id DESC LIMIT 1) AS newest"
	names := make([]any, len(tasks))
	for i, task := range tasks {
		names[i] = task
	}
	var ids []int64
	query := newest + strings.Repeat(" UNION ALL "+newest, len(tasks)-1)
	err := s.db.NewRaw(query, names...).Scan(ctx, &ids)
	return ids, database.Error(err, "select the newest run of %d tasks", len(tasks))
}

// LastSuccess returns the end of task's newest successful run, whatever started
// it, or an errs.NotFound error. It may read all runs.
func (s *runStore) LastSuccess(ctx context.Context, task string) (model.Time, error) {
	var at model.Time
	err := s.db.NewRaw("SELECT finalized_at FROM river_job WHERE kind = ? AND state = 'completed' ORDER BY finalized_at DESC LIMIT 1", task).Scan(ctx, &at)
	return at, database.Error(err, "select the last success of %s", task)
}

// StartRun starts a run of the task with the schedule name. It returns the run,
// or an errs.NotFound error.
func (s *runStore) StartRun(ctx context.Context, name string) (*runs.Run, error) {
	schedule, err := s.schedules.Schedule(ctx, name)
	if err != nil {
		return nil, err
	}
	if tx, ok := tx.Of(ctx); ok {
		return runs.InsertTx(ctx, s.queue, tx.Tx, schedule.Name, runs.Manual)
	}
	return runs.Insert(ctx, s.queue, schedule.Name, runs.Manual)
}

// RetryRun puts an ended run back into the queue and returns the result. It
// returns an errs.NotFound error, or an errs.Conflict error for a run that has
// not ended.
func (s *runStore) RetryRun(ctx context.Context, id int64) (*runs.Run, error) {
	return s.steer(ctx, id, func(ctx context.Context, tx bun.Tx, state runs.State) (*runs.Run, error) {
		if !state.Ended() {
			return nil, errs.New(errs.Conflict, "The run has not ended, so it cannot be retried. Wait for its end, or cancel it first.")
		}
		return s.queue.RetryTx(ctx, tx.Tx, id)
	})
}

// CancelRun ends a waiting run, or asks the worker of a running one to end it.
// It returns the result. It returns an errs.NotFound error, or an errs.Conflict
// error for a run that has already ended otherwise.
func (s *runStore) CancelRun(ctx context.Context, id int64) (*runs.Run, error) {
	return s.steer(ctx, id, func(ctx context.Context, tx bun.Tx, state runs.State) (*runs.Run, error) {
		if state.Ended() && state != runs.StateCancelled {
			return nil, errs.New(errs.Conflict, "The run has already ended, so there is nothing to cancel.")
		}
		return s.queue.CancelTx(ctx, tx.Tx, id)
	})
}

// steer passes the run's state to do, and locks it until do has ended. River
// itself silently ignores a call in the wrong state.
func (s *runStore) steer(ctx context.Context, id int64, do func(context.Context, bun.Tx, runs.State) (*runs.Run, error)) (*runs.Run, error) {
	var run *runs.Run
	err := tx.In(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		var state runs.State
		query := tx.NewSelect().Table("river_job").Column("state").Where("id = ?", id)
		if s.db.IsPostgres() {
			query = query.For("UPDATE")
		}
		if err := query.Scan(ctx, &state); err != nil {
			return err
		}
		var err error
		run, err = do(ctx, tx, state)
		return err
	})
	return run, runError(err, "steer", id)
}

// runError is database.Error for one run. River has its own error for a missing
// run.
func runError(err error, attempt string, id int64) error {
	missing := runs.IsNotFound(err)
	err = database.Error(err, "%s run %d", attempt, id)
	if missing || errs.Is(err, errs.NotFound) {
		return errs.Wrap(errs.NotFound, "There is no run with this id. GET /api/runs lists the runs.", err)
	}
	return err
}
