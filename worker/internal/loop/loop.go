// Package loop is the worker's own loop. It turns once a tick and takes its
// steps in order. The worker's health is the progress of this loop, not the
// life of the process.
//
//	tick ──→ turn: clock → schedule → heartbeat → execute ──→ wait for the next tick
//	               └ each step has its own time limit; its error is logged and the turn continues
//
// Invariants: steps never overlap. A step that fails or panics ends neither the
// turn nor the loop. A missed tick is not made up for, and the rhythm does not
// drift. A step that ignores its context breaks this: the loop is stuck, and
// health reports that after three ticks.
package loop

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/fualab/fualab/worker/internal/outage"
)

// Step is one action of every turn.
type Step struct {
	Name string
	// Run does the due work, and returns at once if there is none. It must
	// respect ctx: a step that exceeds its time blocks the loop, and the worker
	// becomes unhealthy. Its error or panic is logged, and ends neither the
	// turn nor the loop.
	Run func(ctx context.Context, turn Turn) error
}

// Turn describes the present turn to a step.
type Turn struct {
	Began time.Time     // by the loop's clock
	Lag   time.Duration // the delay of the turn
}

// Config configures a Loop.
type Config struct {
	Steps    []Step        // in their order within a turn
	Tick     time.Duration // between two turns; 0: a second
	StepTime time.Duration // limit of one step; 0: two ticks, so that a slow step is not a stuck loop
	Now      func() time.Time
	Log      *slog.Logger
}

// Limits of a loop.
const (
	defaultTick = time.Second
	// stuckAfter is the number of ticks without progress after which a loop is
	// stuck.
	stuckAfter = 3
	// remindEvery is the time between two log lines about a failing step.
	remindEvery = time.Minute
)

// Loop takes its steps in turns. Run may be called once. The other methods are
// safe for concurrent use.
type Loop struct {
	cfg      Config
	outages  []outage.Tracker // one for each step; only Run's goroutine uses them
	progress progress
}

// New returns a Loop that does not turn yet.
func New(cfg Config) *Loop {
	cfg.Tick = cmp.Or(cfg.Tick, defaultTick)
	cfg.StepTime = cmp.Or(cfg.StepTime, 2*cfg.Tick)
	l := &Loop{cfg: cfg, outages: make([]outage.Tracker, len(cfg.Steps))}
	for i := range l.outages {
		l.outages[i].Every = remindEvery
	}
	return l
}

// Run turns at once, and then once a tick until ctx ends. It returns after the
// present turn, whose steps see the end of ctx. It does not make up for missed
// turns: one late turn replaces all of them.
func (l *Loop) Run(ctx context.Context) {
	due := l.cfg.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		began := l.cfg.Now()
		l.runOnce(ctx, Turn{Began: began, Lag: began.Sub(due)})
		due = Next(due, began, l.cfg.Tick)
		timer.Reset(due.Sub(l.cfg.Now()))
	}
}

// Next returns the first due+n*every after now. now must not precede due. With
// it, periodic work does not drift, even if turns begin late.
func Next(due, now time.Time, every time.Duration) time.Time {
	return due.Add(now.Sub(due).Truncate(every) + every)
}

// runOnce takes all steps once.
func (l *Loop) runOnce(ctx context.Context, turn Turn) {
	l.progress.begin(turn)
	for i, step := range l.cfg.Steps {
		if ctx.Err() != nil {
			return
		}
		l.progress.enter(step.Name)
		err := l.take(ctx, step, turn)
		now := l.cfg.Now()
		l.progress.leave(now)
		l.report(ctx, i, now, err)
	}
	l.progress.finish(l.cfg.Now())
}
