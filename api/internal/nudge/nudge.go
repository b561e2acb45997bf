// Package nudge tells the worker, by way of Redis, that there is work, so
// that it need not wait for its next sweep.
package nudge

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/tracing"
)

const (
	// sendTimeout bounds one nudge.
	sendTimeout = 500 * time.Millisecond
	// pace is the least time between two: under load one stands for many.
	pace = 20 * time.Millisecond
)

// Nudger sends nudges in the background. A request that nudges never waits
// for Redis, nor learns how it went: the worker's sweep finds what a lost
// nudge leaves.
type Nudger struct {
	client *redis.Client
	log    *slog.Logger
	wake   chan struct{} // has an element once something waits
	stop   chan struct{}
	done   sync.WaitGroup
	lost   bool // whether the last nudge was; only loop has it

	mu      sync.Mutex
	waiting []nudge // the first of each task; it stands for those that follow
}

// Start returns a Nudger that works until Close, which the caller must call.
// Without a client it does nothing.
func Start(ctx context.Context, client *redis.Client, log *slog.Logger) *Nudger {
	n := &Nudger{client: client, log: log, wake: make(chan struct{}, 1), stop: make(chan struct{})}
	if client != nil {
		// What is in flight when ctx ends still nudges, hence Close.
		n.done.Go(func() { n.loop(context.WithoutCancel(ctx)) })
	}
	return n
}

// nudge is for a task, from a request, whose trace goes with it.
type nudge struct {
	task string
	from context.Context
}

// Nudge asks for task to be run soon. It returns at once.
func (n *Nudger) Nudge(ctx context.Context, task string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if slices.ContainsFunc(n.waiting, func(w nudge) bool { return w.task == task }) {
		return
	}
	n.waiting = append(n.waiting, nudge{task, ctx})
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// Close sends the nudges that wait, and ends. It must be called once.
func (n *Nudger) Close() {
	close(n.stop)
	n.done.Wait()
}

func (n *Nudger) loop(ctx context.Context) {
	for {
		select {
		case <-n.wake:
			n.sendAll(ctx)
			select {
			case <-time.After(pace):
			case <-n.stop:
			}
		case <-n.stop:
			n.sendAll(ctx)
			return
		}
	}
}

// sendAll sends the nudges that wait.
func (n *Nudger) sendAll(ctx context.Context) {
	n.mu.Lock()
	all := n.waiting
	n.waiting = nil
	n.mu.Unlock()
	for _, next := range all {
		n.send(ctx, next)
	}
}

// send logs that Redis was lost or regained, once each.
func (n *Nudger) send(ctx context.Context, to nudge) {
	ctx, cancel := context.WithTimeout(tracing.Over(ctx, to.from), sendTimeout)
	defer cancel()
	err := runs.SendNudge(ctx, n.client, to.task)
	switch {
	case err != nil && !n.lost:
		n.log.WarnContext(ctx, "nudges do not reach the worker; its sweep finds the work", "error", err)
	case err == nil && n.lost:
		n.log.InfoContext(ctx, "nudges reach the worker again")
	}
	n.lost = err != nil
}
