// Package nudge notifies the worker of new work by Redis, so that the worker
// does not wait for its next sweep.
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
	// sendTimeout is the time limit of one notification.
	sendTimeout = 500 * time.Millisecond
	// pace is the least time between two notifications. Under load, one
	// notification covers many changes.
	pace = 20 * time.Millisecond
)

// Nudger sends notifications in the background. A request never waits for Redis
// and gets no result. If a notification is lost, the worker's next sweep finds
// the work.
type Nudger struct {
	client *redis.Client
	log    *slog.Logger
	wake   chan struct{} // has a value while notifications wait
	stop   chan struct{}
	done   sync.WaitGroup
	lost   bool // whether the last nudge was; only loop has it

	mu      sync.Mutex
	waiting []nudge // the first of each task, which covers the following ones
}

// Start returns a Nudger that works until Close, which the caller must call.
// Without a client, it does nothing.
func Start(ctx context.Context, client *redis.Client, log *slog.Logger) *Nudger {
	n := &Nudger{client: client, log: log, wake: make(chan struct{}, 1), stop: make(chan struct{})}
	if client != nil {
		// Requests in flight still notify after ctx ends, hence Close.
		n.done.Go(func() { n.loop(context.WithoutCancel(ctx)) })
	}
	return n
}

// nudge is a notification for a task, with the trace of its request.
type nudge struct {
	task string
	from context.Context
}

// Nudge notifies the worker of new work of task. It returns at once.
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

// Close sends the waiting notifications, and ends. It must be called once.
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

// sendAll sends the waiting notifications.
func (n *Nudger) sendAll(ctx context.Context) {
	n.mu.Lock()
	all := n.waiting
	n.waiting = nil
	n.mu.Unlock()
	for _, next := range all {
		n.send(ctx, next)
	}
}

// send logs each loss of Redis and each return once.
func (n *Nudger) send(ctx context.Context, to nudge) {
	ctx, cancel := context.WithTimeout(tracing.Over(ctx, to.from), sendTimeout)
	defer cancel()
	err := runs.SendNudge(ctx, n.client, to.task)
	switch {
	case err != nil && !n.lost:
		n.log.WarnContext(ctx, "cannot notify the worker; its sweep finds the work", "error", err)
	case err == nil && n.lost:
		n.log.InfoContext(ctx, "notifications reach the worker again")
	}
	n.lost = err != nil
}
