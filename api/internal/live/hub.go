// Package live follows the stream of events in Redis, once a process, and
// hands each event to everyone who watches.
package live

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/redis"
)

const (
	// mostSubscribers bounds what one process holds open.
	mostSubscribers = 1000
	// buffered is how many messages wait for one subscriber, at most.
	buffered = 256
	// firstPause and longestPause bound how long a lost Redis is left alone.
	firstPause   = 50 * time.Millisecond
	longestPause = time.Second
)

// Hub reads the stream and hands out what it reads. It is safe for concurrent
// use.
type Hub struct {
	stream  stream
	observe []func(events.Event)
	log     *slog.Logger
	cancel  context.CancelFunc
	done    sync.WaitGroup
	tried   chan struct{} // closed once Redis has answered, or has not
	ended   chan struct{} // closed by Stop

	mu          sync.Mutex
	subscribers map[*Subscription]struct{}
	stopped     bool
	position    ID   // of the last event handed out; only loop writes it
	live        bool // whether Redis answers; likewise

	refused atomic.Pointer[func() bool] // see Refuse; nil: never

	known  bool      // whether position is one; only loop has it
	lost   bool      // whether the log says so; likewise
	looked time.Time // when the stream's end was looked at; likewise
}

// Start returns a Hub that works until Close, which the caller must call.
// Without a client it returns nil, which may be closed too. Each of observe is
// told of every event, and by a reset of events that may have been lost,
// before any subscriber gets it; it must be safe for concurrent use, and quick.
func Start(ctx context.Context, client *redis.Client, log *slog.Logger, observe ...func(events.Event)) *Hub {
	if client == nil {
		return nil
	}
	// Who watches when ctx ends goes on until Stop.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	h := &Hub{
		stream: newStream(client), observe: observe, log: log, cancel: cancel,
		tried: make(chan struct{}), ended: make(chan struct{}), subscribers: make(map[*Subscription]struct{}),
	}
	h.done.Go(func() { h.loop(ctx) })
	return h
}

// Follows reports whether events arrive. A nil Hub misses none: there are none.
func (h *Hub) Follows() bool {
	if h == nil {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.live
}

// Refuse has subscribers told that events do not arrive while refused reports
// true: Redis answers reads then, and takes no events.
func (h *Hub) Refuse(refused func() bool) {
	if h != nil {
		h.refused.Store(&refused)
	}
}

// errRefused says that Redis takes no events.
var errRefused = errors.New("redis answers, and takes no events")

// Subscribers returns how many watch.
func (h *Hub) Subscribers() int {
	if h == nil {
		return 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subscribers)
}

// Stop ends every subscription, and refuses new ones. It returns at once and
// may be called more than once.
func (h *Hub) Stop() {
	if h == nil {
		return
	}
	h.cancel()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.stopped {
		h.stopped = true
		close(h.ended)
	}
}

// Close stops, and waits for the read in progress: a quarter of a second.
func (h *Hub) Close() {
	if h == nil {
		return
	}
	h.Stop()
	h.done.Wait()
}

// Subscribe returns a subscription to what happens from now on, or an
// errs.Unavailable error if there are too many or the hub has stopped.
func (h *Hub) Subscribe(ctx context.Context) (*Subscription, error) {
	select {
	case <-h.tried:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.stopped:
		return nil, errs.New(errs.Unavailable, "This server is about to stop. Connect again.")
	case len(h.subscribers) >= mostSubscribers:
		return nil, errs.New(errs.Unavailable, "As many clients watch as this server takes. Poll the lists meanwhile, and try again later.")
	}
	s := &Subscription{hub: h, from: h.position, At: h.position, Live: h.live, ready: make(chan struct{}, 1)}
	h.subscribers[s] = struct{}{}
	return s, nil
}

func (h *Hub) loop(ctx context.Context) {
	tried := sync.OnceFunc(func() { close(h.tried) })
	defer tried()
	for pause := firstPause; ctx.Err() == nil; {
		err := h.turn(ctx)
		tried()
		if err == nil {
			pause = firstPause
			continue
		}
		if ctx.Err() == nil {
			h.lose(ctx, err)
		}
		sleep(ctx, pause/2+rand.N(pause/2)) //nolint:gosec // spreads, protects nothing
		pause = min(2*pause, longestPause)
	}
}

// turn reads once, for patience at most, and hands out what it has read.
func (h *Hub) turn(ctx context.Context) error {
	if refused := h.refused.Load(); refused != nil && (*refused)() {
		return errRefused
	}
	if !h.live {
		return h.look(ctx)
	}
	entries, err := h.stream.next(ctx, h.position)
	switch {
	case err != nil:
		return err
	case len(entries) > 0:
		h.handOut(ctx, entries)
		return nil
	case time.Since(h.looked) > lookEvery:
		return h.look(ctx)
	}
	return nil
}

// look finds the stream's end, and tells subscribers if Redis is back. A
// stream that ends before what has been handed out is another one, of a Redis
// that was emptied or put back: it is followed from where it is.
func (h *Hub) look(ctx context.Context) error {
	end, err := h.stream.end(ctx)
	if err != nil {
		return err
	}
	h.looked = time.Now()
	if h.lost {
		h.lost = false
		h.log.InfoContext(ctx, "live events arrive again")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	replaced := !h.known || end.Before(h.position) || end.history != h.position.history
	if replaced {
		h.known, h.position = true, end
	}
	if replaced || !h.live {
		h.tell(resetEvent())
	}
	switch {
	case !h.live:
		h.live = true
		h.broadcast(statusMessage(true), resetMessage(h.position))
	case replaced:
		h.broadcast(resetMessage(h.position))
	}
	return nil
}

func (h *Hub) handOut(ctx context.Context, entries []entry) {
	messages := make([]Message, len(entries))
	for i, e := range entries {
		m, event, err := messageOf(e)
		h.tell(event)
		if err != nil {
			h.log.WarnContext(ctx, "an entry of the stream is no event; subscribers are told that anything may have changed", "id", e.id.String(), "error", err)
		}
		messages[i] = m
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position = entries[len(entries)-1].id
	h.broadcast(messages...)
}

// lose tells subscribers and the log, once.
func (h *Hub) lose(ctx context.Context, err error) {
	if !h.lost {
		h.lost = true
		h.log.WarnContext(ctx, "live events do not arrive until Redis answers again", "error", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.live {
		h.live = false
		h.broadcast(statusMessage(false))
	}
}

func (h *Hub) tell(e events.Event) {
	for _, observe := range h.observe {
		observe(e)
	}
}

// broadcast needs h.mu.
func (h *Hub) broadcast(messages ...Message) {
	for s := range h.subscribers {
		s.push(messages)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
