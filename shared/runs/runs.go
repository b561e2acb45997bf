// Package runs is what API and worker agree on about runs of tasks: each is a
// job of River, whose kind is the task's name. River's types stay in this package
// and in the worker's runner, which executes.
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

// Trigger is what made a run.
type Trigger string

// The triggers.
const (
	Scheduled Trigger = "schedule"
	Manual    Trigger = "manual"
	Nudge     Trigger = "nudge"
)

// Args are a run's arguments. A scheduled run is unique by task and due time:
// whoever inserts it again gets the one that is there.
type Args struct {
	Task    string    `json:"-"`
	Trigger Trigger   `json:"trigger"`
	DueAt   time.Time `json:"due_at,omitzero" river:"unique"`
}

// Kind is the task's name.
func (a Args) Kind() string { return a.Task }

// NewDriver returns River's driver for db. On Postgres it listens for new
// jobs on db's own pool; on SQLite it polls.
func NewDriver(db *database.DB) riverdriver.Driver[*sql.Tx] {
	if db.IsPostgres() {
		return riverdatabasesql.NewWithPgxListener(db.DB.DB, db.Pool)
	}
	return riversqlite.New(db.DB.DB)
}

// Hooks returns what every client of db needs: on Postgres a run is due by the
// database's clock, as workers fetch by it. River's driver writes the clock of
// the machine that inserts; by one that is an hour ahead, the run would wait an
// hour.
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

// NewInserter returns a client that executes nothing.
func NewInserter(db *database.DB, log *slog.Logger) (*Client, error) {
	c, err := river.NewClient(NewDriver(db), &river.Config{Logger: log, Hooks: Hooks(db), SkipUnknownJobCheck: true})
	if err != nil {
		return nil, fmt.Errorf("prepare the queue: %w", err)
	}
	return ClientOf(c), nil
}

// MaxAttempts is how often a run is tried before it is discarded, which keeps
// it until somebody retries it.
const MaxAttempts = 5

// Due is a task's due time that shall have a run.
type Due struct {
	Task        string
	At          time.Time
	MaxAttempts int // 0: MaxAttempts
}

// InsertDue inserts the runs of due times, each of which there is once, in tx,
// and returns their ids in that order. Inserting one again changes nothing.
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
		return nil, database.Error(err, "insert %d runs that are due", len(due))
	}
	ids := make([]int64, len(inserted))
	for i, res := range inserted {
		ids[i] = res.Job.ID
	}
	return ids, nil
}

// NudgeQueue is where runs wait that a nudge made.
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

// insertOpts has the run belong to the trace of ctx, if that is in one.
func insertOpts(ctx context.Context, trigger Trigger) *river.InsertOpts {
	opts := &river.InsertOpts{MaxAttempts: MaxAttempts, Metadata: metadataOf(ctx)}
	if trigger == Nudge {
		opts.Queue = NudgeQueue
	}
	return opts
}

// CancelRequested reports whether somebody has asked for a run that works to
// be cancelled: River leaves a mark on it.
func CancelRequested(job *rivertype.JobRow) bool {
	var metadata struct {
		At string `json:"cancel_attempted_at"`
	}
	return json.Unmarshal(job.Metadata, &metadata) == nil && metadata.At != ""
}

// everyState keeps a due time unique for as long as its row is there.
var everyState = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStateCancelled, rivertype.JobStateCompleted, rivertype.JobStateDiscarded,
	rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
}

// IsNotFound reports whether err says that a run is not there.
func IsNotFound(err error) bool { return errors.Is(err, rivertype.ErrNotFound) }
