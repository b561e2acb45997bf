// Package runner executes runs: River fetches them, this package gives each
// its time, records what it did, and gives back what dead workers held.
package runner

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"go.opentelemetry.io/otel/trace"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/worker/internal/loop"
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
	Publish     func(events.Event) // nil: nobody is told
	Ended       func(Ended)        // is told of each attempt that this worker made; nil: nobody is
	Tracer      trace.Tracer       // nil: nothing is traced
	Now         func() time.Time
	Log         *slog.Logger
}

// Runner executes runs from the first Step to Stop.
type Runner struct {
	cfg     Config
	store   store
	client  *river.Client[*sql.Tx]
	started bool
	fleet   watch

	mu      sync.Mutex
	running map[string]int // runs by task

	ends sync.WaitGroup // of what tells how runs end
}

// New returns a Runner that executes nothing yet.
func New(cfg Config) (*Runner, error) {
	if cfg.Publish == nil {
		cfg.Publish = func(events.Event) {}
	}
	if cfg.Ended == nil {
		cfg.Ended = func(Ended) {}
	}
	r := &Runner{cfg: cfg, store: store{cfg.DB}, running: make(map[string]int), fleet: watch{deadAfter: cfg.DeadAfter}}
	workers := river.NewWorkers()
	for _, t := range cfg.Tasks {
		river.AddWorkerArgs(workers, runs.Args{Task: t.Name}, &executor{runner: r, task: t})
	}
	client, err := river.NewClient[*sql.Tx](runs.NewDriver(cfg.DB), &river.Config{
		ID:      cfg.Instance,
		Hooks:   runs.Hooks(cfg.DB),
		Workers: workers,
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: cfg.Concurrency},
			// A nudge may come while the run of another one works. It waits for
			// that, and takes no place from runs that are due.
			runs.NudgeQueue: {MaxWorkers: 1},
		},
		FetchPollInterval: time.Second,
		FetchCooldown:     20 * time.Millisecond, // with River's 100 ms, four slots make 40 runs a second
		// While a release rolls out, an older worker leaves a newer one's tasks
		// to it.
		FetchOnlyKnownKinds: true,
		SoftStopTimeout:     cfg.SoftStop,
		RetryPolicy:         r, // of runs of tasks that this program does not know
		JobStuckHandler:     r.stuck,
		// Step gives back what dead workers held; this is for runs whose
		// worker lives and has lost them.
		RescueStuckJobsAfter: longerThanRuns(cfg.Tasks),
		// The task runs.prune removes finished runs.
		CancelledJobRetentionPeriod: -1,
		CompletedJobRetentionPeriod: -1,
		DiscardedJobRetentionPeriod: -1,
		Logger:                      slog.New(newQuiet(cfg.Log.Handler(), cfg.Now)),
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the runner: %w", err)
	}
	r.client = client
	return r, nil
}

// longerThanRuns returns a duration that no run of tasks reaches.
func longerThanRuns(tasks []task.Task) time.Duration {
	longest := time.Minute
	for _, t := range tasks {
		longest = max(longest, t.Timeout)
	}
	return longest + time.Minute
}

// Client inserts runs.
func (r *Runner) Client() *runs.Client { return runs.ClientOf(r.client) }

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
	if known, err := r.store.beats(ctx); err != nil {
		return err
	} else if _, ok := known[r.cfg.Instance]; !ok {
		return nil // its beat has failed, and is tried again
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
