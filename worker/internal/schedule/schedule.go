// Package schedule makes tasks due. Schedules are rows. In one transaction, any
// worker's turn takes the due schedules, inserts their runs and advances them.
// So no due time is lost or doubled, even if a worker dies at any moment.
//
//	schedules (next_run_at ≤ now) ──lock──→ plan ──→ runs ──→ next_run_at advanced ──→ commit ──→ event
//	                  SKIP LOCKED: another worker takes other rows
//
// Invariants: a run and the advance of its schedule commit together. A due time
// has at most one run, because runs are unique by task and due time. So a clock
// that goes back repeats no run: the schedule is declared anew, and the second
// insert has no effect. Only the database's clock decides on due times.
package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/fualab/fualab/shared/cron"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/worker/internal/loop"
	"github.com/fualab/fualab/worker/internal/task"
)

const (
	// batch is the number of schedules of one transaction.
	batch = 50
	// maxRuns is the largest number of runs of one transaction. Schedules with
	// many missed due times share it, and continue in the next turn.
	maxRuns = 500
	// turnTime is the time in which a turn takes batches, of the two seconds of
	// a step.
	turnTime = 500 * time.Millisecond
)

// lookAgain is the time until an unreadable schedule is tried again.
const lookAgain = time.Minute

// Ticker is the loop's step that makes tasks due.
type Ticker struct {
	store    store
	client   *runs.Client
	publish  func(events.Event)
	now      func() time.Time
	log      *slog.Logger
	tasks    []task.Task
	names    []string
	attempts map[string]int // the largest number of attempts, by task
	declared bool           // whether the database has the tasks' declarations
	last     time.Time      // the time of the last turn
	limit    int            // the limit of runs in the next transaction
}

// Config configures a Ticker.
type Config struct {
	Tasks   []task.Task
	DB      *database.DB
	Client  *runs.Client
	Publish func(events.Event) // nil: no events
	Now     func() time.Time
	Log     *slog.Logger
}

// New returns a Ticker. It fails for an unreadable declaration of a task.
func New(cfg Config) (*Ticker, error) {
	if cfg.Publish == nil {
		cfg.Publish = func(events.Event) {}
	}
	t := &Ticker{store: store{cfg.DB}, client: cfg.Client, publish: cfg.Publish, now: cfg.Now, log: cfg.Log, tasks: cfg.Tasks, limit: maxRuns, attempts: make(map[string]int)}
	for _, declared := range cfg.Tasks {
		if _, err := cron.Parse(declared.Cron, zone(declared)); err != nil {
			return nil, fmt.Errorf("task %s: %w", declared.Name, err)
		}
		t.names = append(t.names, declared.Name)
		t.attempts[declared.Name] = declared.Retry.WithDefaults().Attempts
	}
	return t, nil
}

func zone(t task.Task) string {
	if t.TimeZone == "" {
		return "UTC"
	}
	return t.TimeZone
}

// Step is the loop's step. The first one stores the declarations. So does a
// step that finds the clock set back, because schedules that were advanced by
// the wrong time would wait until it comes again. A due time never gets a
// second run.
func (t *Ticker) Step(ctx context.Context, _ loop.Turn) error {
	now := t.now()
	if t.last.Sub(now) > onTime {
		t.log.WarnContext(ctx, "the clock was set back; schedules follow the new time", "by_seconds", t.last.Sub(now).Seconds())
		t.declared = false
	}
	t.last = now
	if !t.declared {
		if err := t.declare(ctx); err != nil {
			return err
		}
		t.declared = true
		t.publish(events.Event{Type: events.SchedulesChanged, At: model.NewTime(t.now())})
	}
	// Without a due schedule, which is usual, a turn costs one read.
	if due, err := t.store.anyDue(ctx, t.names, model.NewTime(now)); err != nil || !due {
		return err
	}
	// Each schedule has one chance in a turn, so that a schedule with many
	// missed due times does not block the others.
	left := slices.Clone(t.names)
	for {
		taken, err := t.take(ctx, left, now)
		if err != nil || len(taken) < batch || t.now().Sub(now) > turnTime {
			return err
		}
		left = slices.DeleteFunc(left, func(name string) bool { return slices.Contains(taken, name) })
	}
}

// take advances one batch of the due schedules of names, and returns their
// names.
func (t *Ticker) take(ctx context.Context, names []string, now time.Time) (taken []string, err error) {
	var happened []events.Event
	err = t.store.takeDue(ctx, names, model.NewTime(now), batch, func(ctx context.Context, tx transaction, schedules []*model.Schedule) (err error) {
		for _, row := range schedules {
			taken = append(taken, row.Name)
		}
		happened, err = t.advance(ctx, tx, schedules, now)
		return err
	})
	if err != nil {
		if ctx.Err() != nil {
			// A database that is too slow for this number succeeds with fewer.
			t.limit = max(1, t.limit/2)
		}
		return nil, err
	}
	t.limit = min(2*t.limit, maxRuns)
	for _, event := range happened {
		t.publish(event)
	}
	return taken, nil
}

func (t *Ticker) declare(ctx context.Context) error {
	now := t.now()
	rows := make([]*model.Schedule, len(t.tasks))
	for i, declared := range t.tasks {
		spec, err := cron.Parse(declared.Cron, zone(declared))
		if err != nil {
			return err
		}
		rows[i] = &model.Schedule{
			Name: declared.Name, Summary: declared.Summary,
			Cron: declared.Cron, DeclaredCron: declared.Cron,
			TimeZone: zone(declared), DeclaredTimeZone: zone(declared),
			MissedPolicy: declared.MissedPolicy, DeclaredMissedPolicy: declared.MissedPolicy,
			OverlapPolicy: declared.OverlapPolicy, DeclaredOverlapPolicy: declared.OverlapPolicy,
			NextRunAt: model.NewTime(orNever(spec.Next(now))), UpdatedAt: model.NewTime(now),
		}
	}
	return t.store.declare(ctx, rows, func(expression, timeZone string) (model.Time, error) {
		spec, err := cron.Parse(expression, timeZone)
		if err != nil {
			return model.Time{}, err
		}
		return model.NewTime(orNever(spec.Next(now))), nil
	})
}

// advance inserts the due runs and advances the schedules. It returns the
// events to publish after the commit. It skips and reports unreadable
// schedules.
func (t *Ticker) advance(ctx context.Context, tx transaction, schedules []*model.Schedule, now time.Time) (happened []events.Event, err error) {
	var due []runs.Due
	var unreadable []error
	for _, row := range schedules {
		spec, err := cron.Parse(row.Cron, row.TimeZone)
		if err != nil {
			unreadable = append(unreadable, fmt.Errorf("schedule %s: %w", row.Name, err))
			row.NextRunAt = model.NewTime(now.Add(lookAgain)) // the other schedules continue
			continue
		}
		busy := false
		if row.OverlapPolicy == model.OverlapSkip {
			if busy, err = tx.busy(ctx, row.Name); err != nil {
				return nil, err
			}
		}
		dueTimes, next := plan(row, spec, now, busy, max(1, t.limit/len(schedules)))
		for _, at := range dueTimes {
			due = append(due, runs.Due{Task: row.Name, At: at, MaxAttempts: t.attempts[row.Name]})
		}
		row.NextRunAt = model.NewTime(next)
	}
	if err := errors.Join(unreadable...); err != nil {
		t.log.ErrorContext(ctx, "skipped unreadable schedules; correct them by PATCH /api/schedules/{name}", "error", err)
	}
	ids, err := runs.InsertDue(ctx, t.client, tx.sql(), due)
	if err != nil {
		return nil, err
	}
	at := model.NewTime(now)
	last := make(map[string]*int64)
	for i, run := range due {
		last[run.Task] = &ids[i]
		happened = append(happened, events.Event{Type: events.RunsQueued, At: at, Run: &events.Run{ID: ids[i], Task: run.Task, State: string(runs.StateAvailable)}})
	}
	for _, row := range schedules {
		if id := last[row.Name]; id != nil {
			row.LastRunID = id
		}
		happened = append(happened, events.Event{Type: events.SchedulesChanged, At: at, Name: row.Name})
	}
	return happened, nil
}
