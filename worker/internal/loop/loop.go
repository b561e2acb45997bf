// Package loop is the worker's own loop. It turns once a tick, takes its
// steps in order, and knows how far it has got: the worker's health is the
// progress of this loop, not the life of the process.
package loop

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/fualab/fualab/worker/internal/outage"
)

// Step is one thing that every turn does.
type Step struct {
	Name string
	// Run does what is due, and returns at once when nothing is. It must
	// respect ctx: a step that overstays its time holds up the loop, and the
	// worker's health turns red. What it returns or panics with is logged, and
	// ends neither the turn nor the loop.
	Run func(ctx context.Context, turn Turn) error
}

// Turn is what a step learns of the turn it belongs to.
type Turn struct {
	Began time.Time     // by the loop's clock
	Lag   time.Duration // how late that was
}

// Config configures a Loop.
type Config struct {
	Steps    []Step        // in the order in which a turn takes them
	Tick     time.Duration // from one turn to the next; 0: a second
	StepTime time.Duration // what one step may take; 0: two ticks, so that a slow step is no stuck loop
	Now      func() time.Time
	Log      *slog.Logger
}

// Bounds of a loop.
const (
	defaultTick = time.Second
	// stuckAfter is how many ticks without progress make a loop stuck.
	stuckAfter = 3
	// remindEvery is how often a step that goes on failing is logged.
	remindEvery = time.Minute
)

// Loop takes its steps in turns. Run may be called once; the other methods
// are safe for concurrent use.
type Loop struct {
	cfg      Config
	outages  []outage.Tracker // one a step; only Run's goroutine touches them
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

// Run turns at once and then once a tick until ctx ends. It returns when the
// turn in progress has; that turn's steps see ctx end. Turns that could not
// begin in time are not made up for: one late turn stands for all of them.
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

// Next returns the first of due, due+every, due+2·every … that is after now,
// which is not before due. It keeps what is periodic from drifting, whenever
// its turns really begin.
func Next(due, now time.Time, every time.Duration) time.Time {
	return due.Add(now.Sub(due).Truncate(every) + every)
}

// runOnce takes every step once.
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
