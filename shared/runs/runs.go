// Package runs has the contract of the API and the worker about runs of tasks.
// A run is a job of River, and its kind is the task's name. River's types stay
// in this package and in the worker's runner, which executes runs.
//
//	schedule ─┐
//	user ─────┼─→ run (River's job) ─→ worker's runner ─→ attempt ─→ completed, retried or discarded
//	change ───┘
//
// Invariant: a schedule's due time has at most one run, however often workers
// insert it. The key is task and due time.
package runs

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/database"
)

// Trigger is the cause of a run.
type Trigger string

// The triggers.
const (
	Scheduled Trigger = "schedule"
	Manual    Trigger = "manual"
	Nudge     Trigger = "nudge"
)

// Args are a run's arguments. A scheduled run is unique by task and due time: a
// second insert returns the existing run.
type Args struct {
	Task    string    `json:"-"`
	Trigger Trigger   `json:"trigger"`
	DueAt   time.Time `json:"due_at,omitzero" river:"unique"`
}

// Kind is the task's name.
func (a Args) Kind() string { return a.Task }

// NewDriver returns River's driver for db. On Postgres, it listens for new jobs
// on db's own pool. On SQLite, it polls.
func NewDriver(db *database.DB) riverdriver.Driver[*sql.Tx] {
	if db.IsPostgres() {
		return riverdatabasesql.NewWithPgxListener(db.DB.DB, db.Pool)
	}
	return riversqlite.New(db.DB.DB)
}

// Hooks returns the hooks of all clients of db. On Postgres, a run is due by
// the database's clock, because workers fetch by that clock. River's driver
// would use the clock of the inserting machine. If that clock were an hour
// ahead, the run would wait for an hour.
func Hooks(db *database.DB) []rivertype.Hook {
	if !db.IsPostgres() {
		return nil
	}
	return []rivertype.Hook{river.HookInsertBeginFunc(func(_ context.Context, params *rivertype.JobInsertParams) error {
		// The driver's statement reads the zero time as now().
		params.CreatedAt = cmp.Or(params.CreatedAt, new(time.Time))
		params.ScheduledAt = cmp.Or(params.ScheduledAt, new(time.Time))
		return nil
	})}
}

// NewInserter returns a client that inserts runs and executes none.
func NewInserter(db *database.DB, log *slog.Logger) (*Client, error) {
	c, err := river.NewClient(NewDriver(db), &river.Config{Logger: log, Hooks: Hooks(db), SkipUnknownJobCheck: true})
	if err != nil {
		return nil, fmt.Errorf("prepare the queue: %w", err)
	}
	return ClientOf(c), nil
}

// MaxAttempts is the number of attempts before a run is discarded. A discarded
// run stays until a user retries it.
const MaxAttempts = 5

// Due is a task's due time that needs a run.
type Due struct {
	Task        string
	At          time.Time
	MaxAttempts int // 0: MaxAttempts
}

// InsertDue inserts one run for each due time, in tx, and returns their ids in
// the same order. A repeated insert changes nothing.
func InsertDue(ctx context.Context, c *Client, tx *sql.Tx, due []Due) ([]int64, error) {
	if len(due) == 0 {
		return nil, nil
	}
	all := make([]river.InsertManyParams, len(due))
	for i, d := range due {
		all[i] = river.InsertManyParams{
			Args: Args{Task: d.Task, Trigger: Scheduled, DueAt: d.At.UTC()},
			InsertOpts: &river.InsertOpts{
				MaxAttempts: cmp.Or(d.MaxAttempts, MaxAttempts),
				UniqueOpts:  river.UniqueOpts{ByArgs: true, ByState: everyState},
			},
		}
	}
	inserted, err := c.river.InsertManyTx(ctx, tx, all)
	if err != nil {
		return nil, database.Error(err, "insert %d due runs", len(due))
	}
	ids := make([]int64, len(inserted))
	for i, res := range inserted {
		ids[i] = res.Job.ID
	}
	return ids, nil
}

// NudgeQueue is the queue of runs from notifications.
const NudgeQueue = "nudge"

// Insert inserts a run of task that is due now.
func Insert(ctx context.Context, c *Client, task string, trigger Trigger) (*Run, error) {
	res, err := c.river.Insert(ctx, Args{Task: task, Trigger: trigger}, insertOpts(ctx, trigger))
	if err != nil {
		return nil, database.Error(err, "insert a run of %s", task)
	}
	return Of(res.Job), nil
}

// InsertTx is Insert in tx.
func InsertTx(ctx context.Context, c *Client, tx *sql.Tx, task string, trigger Trigger) (*Run, error) {
	res, err := c.river.InsertTx(ctx, tx, Args{Task: task, Trigger: trigger}, insertOpts(ctx, trigger))
	if err != nil {
		return nil, database.Error(err, "insert a run of %s", task)
	}
	return Of(res.Job), nil
}

// insertOpts adds the run to the trace of ctx, if there is one.
func insertOpts(ctx context.Context, trigger Trigger) *river.InsertOpts {
	opts := &river.InsertOpts{MaxAttempts: MaxAttempts, Metadata: metadataOf(ctx)}
	if trigger == Nudge {
		opts.Queue = NudgeQueue
	}
	return opts
}

// CancelRequested reports whether a user has asked to cancel a working run.
// River marks the job.
func CancelRequested(job *rivertype.JobRow) bool {
	var metadata struct {
		At string `json:"cancel_attempted_at"`
	}
	return json.Unmarshal(job.Metadata, &metadata) == nil && metadata.At != ""
}

// everyState keeps a due time unique as long as its row exists.
var everyState = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStateCancelled, rivertype.JobStateCompleted, rivertype.JobStateDiscarded,
	rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
}

// IsNotFound reports whether err means that a run does not exist.
func IsNotFound(err error) bool { return errors.Is(err, rivertype.ErrNotFound) }
