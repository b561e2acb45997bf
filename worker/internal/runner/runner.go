// Package runner executes runs. River fetches them; this package limits their
// time, records their progress, and rescues the runs of dead workers.
//
//	due or notified ──→ available ──→ running ──→ completed
//	                        ↑            ├──→ retryable ──(delay)──→ available
//	                        │            └──→ discarded, cancelled
//	                        └── rescue ──┘ (its worker is dead)
//
// Invariant: a run has one live worker at a time. A worker executes only after
// its first heartbeat, and sends heartbeats until its last run has ended. A
// worker is dead if its heartbeat has not changed for DeadAfter by the
// observer's own clock. Two clocks are never compared.
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
	Instance    string // the worker's name in the fleet
	Tasks       []task.Task
	Concurrency int           // largest number of concurrent runs in this process
	SoftStop    time.Duration // time for runs to finish at a stop, before they are cancelled
	DeadAfter   time.Duration // age of a heartbeat from which its worker is dead
	DB          *database.DB
	Publish     func(events.Event) // nil: no events
	Ended       func(Ended)        // receives each attempt of this worker; may be nil
	Tracer      trace.Tracer       // nil: no traces
	Now         func() time.Time
	Log         *slog.Logger
}

// Runner executes runs from the first Step until Stop.
type Runner struct {
	cfg     Config
	store   store
	client  *river.Client[*sql.Tx]
	started bool
	fleet   watch

	mu      sync.Mutex
	running map[string]int // runs by task

	ends sync.WaitGroup // for the publishers of run ends
}

// New returns a Runner that does not execute runs yet.
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
			// A notification may come while the run of another one works. It
			// waits for that run, and takes no slot of due runs.
			runs.NudgeQueue: {MaxWorkers: 1},
		},
		FetchPollInterval: time.Second,
		FetchCooldown:     20 * time.Millisecond, // with River's 100 ms, four slots would make only 40 runs a second
		// During a rolling release, an older worker does not fetch the tasks of
		// a newer one.
		FetchOnlyKnownKinds: true,
		SoftStopTimeout:     cfg.SoftStop,
		RetryPolicy:         r, // for runs of unknown tasks
		JobStuckHandler:     r.stuck,
		// Step rescues the runs of dead workers. This setting is for runs that
		// a live worker has lost.
		RescueStuckJobsAfter: longerThanRuns(cfg.Tasks),
		// The task runs.prune deletes finished runs.
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

// longerThanRuns returns a duration that is longer than any run of tasks.
func longerThanRuns(tasks []task.Task) time.Duration {
	longest := time.Minute
	for _, t := range tasks {
		longest = max(longest, t.Timeout)
	}
	return longest + time.Minute
}

// Client inserts runs.
func (r *Runner) Client() *runs.Client { return runs.ClientOf(r.client) }

// Running returns this worker's present tasks, one entry for each run.
func (r *Runner) Running() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	running := []string{}
	for _, name := range slices.Sorted(maps.Keys(r.running)) {
		running = append(running, slices.Repeat([]string{name}, r.running[name])...)
	}
	return running
}

// Step is the loop's step after the heartbeat. A worker that executes must be
// known as alive, because others would otherwise take its runs. The first Step
// starts execution.
func (r *Runner) Step(ctx context.Context, _ loop.Turn) error {
	if r.started {
		return r.rescue(ctx)
	}
	if known, err := r.store.beats(ctx); err != nil {
		return err
	} else if _, ok := known[r.cfg.Instance]; !ok {
		return nil // the heartbeat has failed and will be retried
	}
	// Execution outlives the turn, and ends with Stop.
	untell := r.tellEnds()
	if err := r.client.Start(context.WithoutCancel(ctx)); err != nil {
		untell()
		return fmt.Errorf("start executing runs: %w", err)
	}
	r.started = true
	return nil
}

// Stop ends execution. Runs get SoftStop to finish. Then they are cancelled,
// and go back to the queue without losing an attempt.
func (r *Runner) Stop(ctx context.Context) error {
	if !r.started {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.cfg.SoftStop+5*time.Second)
	defer cancel()
	if err := r.client.Stop(ctx); err != nil {
		return fmt.Errorf("stop executing runs: %w", err)
	}
	r.ends.Wait() // River has reported the last end
	return nil
}
