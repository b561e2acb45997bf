// Package runner executes runs: River fetches them, this package gives each
// its time, records what it did, and gives back what dead workers held.
package runner

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/worker/internal/loop"
	"github.com/fualab/fualab/worker/internal/store"
	"github.com/fualab/fualab/worker/internal/task"
)

// Config configures a Runner.
type Config struct {
	Instance    string // this worker's name in the fleet
	Tasks       []task.Task
	Concurrency int           // most runs at a time in this process
	SoftStop    time.Duration // what runs may take to end before they are cancelled
	DeadAfter   time.Duration // age of a heartbeat at which its worker counts as dead
	DB          *database.DB
	Store       *store.Store
	Publish     func(events.Event) // nil: nobody is told
	Now         func() time.Time
	Log         *slog.Logger
}

// Runner executes runs from the first Step to Stop.
type Runner struct {
	cfg     Config
	client  *runs.Client
	started bool

	mu      sync.Mutex
	running map[string]int // runs by task

	ends sync.WaitGroup // of what tells how runs end
}

// New returns a Runner that executes nothing yet.
func New(cfg Config) (*Runner, error) {
	if cfg.Publish == nil {
		cfg.Publish = func(events.Event) {}
	}
	r := &Runner{cfg: cfg, running: make(map[string]int)}
	workers := river.NewWorkers()
	longest := time.Minute
	for _, t := range cfg.Tasks {
		river.AddWorkerArgs(workers, runs.Args{Task: t.Name}, &executor{runner: r, task: t})
		longest = max(longest, t.Timeout)
	}
	client, err := river.NewClient[*sql.Tx](runs.NewDriver(cfg.DB), &river.Config{
		ID:                cfg.Instance,
		Workers:           workers,
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: cfg.Concurrency}},
		FetchPollInterval: time.Second,
		FetchCooldown:     20 * time.Millisecond, // with River's 100 ms, four slots make 40 runs a second
		// While a release rolls out, an older worker leaves a newer one's tasks
		// to it.
		FetchOnlyKnownKinds: true,
		SoftStopTimeout:     cfg.SoftStop,
		RetryPolicy:         backoff{cfg.Now},
		// Step gives back what dead workers held; this is for runs whose
		// worker lives and has lost them.
		RescueStuckJobsAfter: longest + time.Minute,
		// The task runs.prune removes finished runs.
		CancelledJobRetentionPeriod: -1,
		CompletedJobRetentionPeriod: -1,
		DiscardedJobRetentionPeriod: -1,
		Logger:                      slog.New(quiet{cfg.Log.Handler()}),
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the runner: %w", err)
	}
	r.client = client
	return r, nil
}

// Client inserts runs.
func (r *Runner) Client() *runs.Client { return r.client }

// Running returns the tasks that this worker is running, one entry a run.
func (r *Runner) Running() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	running := []string{}
	for _, name := range slices.Sorted(maps.Keys(r.running)) {
		running = append(running, slices.Repeat([]string{name}, r.running[name])...)
	}
	return running
}

// Step is the loop's, after the heartbeat: a worker that executes has to be
// known as alive, or others take its runs. The first one starts execution.
func (r *Runner) Step(ctx context.Context, _ loop.Turn) error {
	if r.started {
		return r.rescue(ctx)
	}
	// Execution outlives the turn, and ends by Stop.
	untell := r.tellEnds()
	if err := r.client.Start(context.WithoutCancel(ctx)); err != nil {
		untell()
		return fmt.Errorf("start executing runs: %w", err)
	}
	r.started = true
	return nil
}

// Stop ends execution: runs get SoftStop to finish, are then cancelled, and
// go back to the queue without losing an attempt.
func (r *Runner) Stop(ctx context.Context) error {
	if !r.started {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.cfg.SoftStop+5*time.Second)
	defer cancel()
	if err := r.client.Stop(ctx); err != nil {
		return fmt.Errorf("stop executing runs: %w", err)
	}
	r.ends.Wait() // River has told the last one
	return nil
}

// rescueBatch bounds the runs that one turn looks at.
const rescueBatch = 1000

// rescue gives back the runs of workers that are dead. River's own rescue
// goes by a run's age, which has to be longer than any run may take.
func (r *Runner) rescue(ctx context.Context) error {
	list, err := r.client.JobList(ctx, river.NewJobListParams().States(rivertype.JobStateRunning).First(rescueBatch))
	if err != nil || len(list.Jobs) == 0 {
		return database.Error(err, "list running runs")
	}
	now := r.cfg.Now()
	alive, err := r.cfg.Store.LiveWorkers(ctx, model.NewTime(now.Add(-r.cfg.DeadAfter)))
	if err != nil {
		return err
	}
	lost := slices.DeleteFunc(list.Jobs, func(job *rivertype.JobRow) bool {
		return slices.Contains(alive, holder(job))
	})
	return r.giveBack(ctx, lost, now)
}

func holder(job *rivertype.JobRow) string {
	if len(job.AttemptedBy) == 0 {
		return ""
	}
	return job.AttemptedBy[len(job.AttemptedBy)-1]
}

// backoff waits 1, 2, 4 … seconds, up to ten minutes, give or take a fifth.
type backoff struct{ now func() time.Time }

// NextRetry implements river.ClientRetryPolicy.
func (b backoff) NextRetry(job *rivertype.JobRow) time.Time {
	wait := min(time.Second<<min(max(job.Attempt-1, 0), 10), 10*time.Minute)
	return b.now().Add(wait*4/5 + rand.N(wait*2/5)) //nolint:gosec // jitter, not a secret
}

// quiet passes on only what River finds wrong. A run's own line is ours.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}

func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }
func (q quiet) WithGroup(name string) slog.Handler       { return quiet{q.Handler.WithGroup(name)} }

var errLost = errors.New("the worker that ran it is gone")
