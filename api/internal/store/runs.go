package store

import (
	"context"
	"slices"
	"strings"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/runs"
)

// RunPage asks for the Limit runs, newest first, that are older than Before.
type RunPage struct {
	Tasks  []string           // none: of every task
	State  rivertype.JobState // "": in every state
	Before int64              // the id of a run; 0: the beginning
	Limit  int                // at most 9999
}

// Runs returns one page of runs, the newest first, and whether there are
// older ones.
func (s *Store) Runs(ctx context.Context, p RunPage) (page []*rivertype.JobRow, more bool, err error) {
	params := river.NewJobListParams().OrderBy(river.JobListOrderByID, river.SortOrderDesc).First(p.Limit + 1)
	if len(p.Tasks) > 0 {
		params = params.Kinds(p.Tasks...)
	}
	if p.State != "" {
		params = params.States(p.State)
	}
	if p.Before != 0 {
		params = params.After(river.JobListCursorFromJob(&rivertype.JobRow{ID: p.Before}))
	}
	list, err := s.queue.JobList(ctx, params)
	if err != nil {
		return nil, false, database.Error(err, "list runs")
	}
	if more = len(list.Jobs) > p.Limit; more {
		return list.Jobs[:p.Limit], more, nil
	}
	return list.Jobs, more, nil
}

// Run returns the run with the given id, or an errs.NotFound error.
func (s *Store) Run(ctx context.Context, id int64) (*rivertype.JobRow, error) {
	run, err := s.queue.JobGet(ctx, id)
	return run, runError(err, "select", id)
}

// LastRuns returns the newest run of each of tasks that has one, by task.
func (s *Store) LastRuns(ctx context.Context, tasks ...string) (map[string]*rivertype.JobRow, error) {
	last := make(map[string]*rivertype.JobRow, len(tasks))
	for some := range slices.Chunk(tasks, maxTasks) {
		ids, err := s.lastRunIDs(ctx, some)
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			continue // First takes no 0
		}
		list, err := s.queue.JobList(ctx, river.NewJobListParams().IDs(ids...).First(len(ids)))
		if err != nil {
			return nil, database.Error(err, "select the newest runs")
		}
		for _, run := range list.Jobs {
			last[run.Kind] = run
		}
	}
	return last, nil
}

// maxTasks bounds one query for the newest runs; SQLite takes up to 500
// SELECTs in one statement.
const maxTasks = 250

// lastRunIDs looks for each task's newest run by itself, where grouping would
// read every run there is. Each task's name is a literal: for one with many
// runs Postgres reads the newest of all, for one with few the index on kind,
// and only a name that it knows tells it which.
func (s *Store) lastRunIDs(ctx context.Context, tasks []string) ([]int64, error) {
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

// StartRun makes a run by hand of the task whose schedule has the given name.
// It returns the run, or an errs.NotFound error.
func (s *Store) StartRun(ctx context.Context, name string) (*rivertype.JobRow, error) {
	schedule, err := s.Schedule(ctx, name)
	if err != nil {
		return nil, err
	}
	if tx, ok := s.on(ctx).(bun.Tx); ok {
		return runs.InsertTx(ctx, s.queue, tx.Tx, schedule.Name, runs.Manual)
	}
	return runs.Insert(ctx, s.queue, schedule.Name, runs.Manual)
}

// RetryRun puts a run that has ended back into the queue. It returns the run
// as it is then, an errs.NotFound error, or an errs.Conflict error for a run
// that has not ended.
func (s *Store) RetryRun(ctx context.Context, id int64) (*rivertype.JobRow, error) {
	return s.steer(ctx, id, func(ctx context.Context, tx bun.Tx, state rivertype.JobState) (*rivertype.JobRow, error) {
		if !ended(state) {
			return nil, errs.New(errs.Conflict, "The run has not ended, so it cannot be retried. Wait for its end, or cancel it first.")
		}
		return s.queue.JobRetryTx(ctx, tx.Tx, id)
	})
}

// CancelRun ends a run that waits, and asks the worker that executes it to
// end one that is running. It returns the run as it is then, an errs.NotFound
// error, or an errs.Conflict error for a run that has ended otherwise.
func (s *Store) CancelRun(ctx context.Context, id int64) (*rivertype.JobRow, error) {
	return s.steer(ctx, id, func(ctx context.Context, tx bun.Tx, state rivertype.JobState) (*rivertype.JobRow, error) {
		if ended(state) && state != rivertype.JobStateCancelled {
			return nil, errs.New(errs.Conflict, "The run has already ended, so there is nothing to cancel.")
		}
		return s.queue.JobCancelTx(ctx, tx.Tx, id)
	})
}

// steer hands do the run's state, which stays as it is until do has ended:
// River itself does nothing, silently, in a state that does not suit.
func (s *Store) steer(ctx context.Context, id int64, do func(context.Context, bun.Tx, rivertype.JobState) (*rivertype.JobRow, error)) (*rivertype.JobRow, error) {
	var run *rivertype.JobRow
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var state rivertype.JobState
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

func ended(state rivertype.JobState) bool {
	return state == rivertype.JobStateCompleted || state == rivertype.JobStateCancelled || state == rivertype.JobStateDiscarded
}

// runError is database.Error for one run, of which River has its own idea
// when it is missing.
func runError(err error, attempt string, id int64) error {
	missing := runs.IsNotFound(err)
	err = database.Error(err, "%s run %d", attempt, id)
	if missing || errs.Is(err, errs.NotFound) {
		return errs.Wrap(errs.NotFound, "Run not found", err)
	}
	return err
}
