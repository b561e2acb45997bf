// Package live follows the stream of events in Redis, once for each process,
// and sends each event to all subscribers.
//
//	Redis stream ──→ Hub.turn ──→ observers (cache) ──→ broadcast ──┬→ Subscription ──→ client
//	                                                                └→ Subscription ──→ client
//
// Invariants: an observer has an event before any subscriber gets it. A
// subscriber gets each event once and in order, or a reset in place of all
// events that it may have missed. The second one rests on the id of the last
// event: it names the history of the Redis server, so an id from before a
// restart is never taken for a present one.
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
	// mostSubscribers is the largest number of subscribers of a process.
	mostSubscribers = 1000
	// buffered is the largest number of waiting messages of a subscriber.
	buffered = 256
	// firstPause and longestPause limit the time between two tries to reach
	// Redis.
	firstPause   = 50 * time.Millisecond
	longestPause = time.Second
)

// Hub reads the stream and sends its events to subscribers. It is safe for
// concurrent use.
type Hub struct {
	stream  stream
	observe []func(events.Event)
	log     *slog.Logger
	cancel  context.CancelFunc
	done    sync.WaitGroup
	tried   chan struct{} // closed after the first try to reach Redis
	ended   chan struct{} // closed by Stop

	mu          sync.Mutex
	subscribers map[*Subscription]struct{}
	stopped     bool
	position    ID   // of the last sent event; only loop writes it
	live        bool // whether Redis answers; only loop writes it

	refused atomic.Pointer[func() bool] // see Refuse; nil: never

	known  bool      // whether position is set; only loop uses it
	lost   bool      // whether the loss is logged; only loop uses it
	looked time.Time // time of the last look at the stream's end; only loop uses it
}

// Start returns a Hub that works until Close, which the caller must call.
// Without a client it returns nil, which may be closed too. Each of observe
// receives all events before any subscriber does, and a reset for events that
// may be lost. An observer must be fast and safe for concurrent use.
func Start(ctx context.Context, client *redis.Client, log *slog.Logger, observe ...func(events.Event)) *Hub {
	if client == nil {
		return nil
	}
	// Subscriptions outlive ctx; Stop ends them.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	h := &Hub{
		stream: newStream(client), observe: observe, log: log, cancel: cancel,
		tried: make(chan struct{}), ended: make(chan struct{}), subscribers: make(map[*Subscription]struct{}),
	}
	h.done.Go(func() { h.loop(ctx) })
	return h
}

// Follows reports whether events arrive. A nil Hub has none to miss.
func (h *Hub) Follows() bool {
	if h == nil {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.live
}

// Refuse tells subscribers that events do not arrive while refused reports
// true. Then Redis answers reads, but does not accept events.
func (h *Hub) Refuse(refused func() bool) {
	if h != nil {
		h.refused.Store(&refused)
	}
}

// errRefused means that Redis does not accept events.
var errRefused = errors.New("redis answers, but does not accept events")

// Subscribers returns the number of subscribers.
func (h *Hub) Subscribers() int {
	if h == nil {
		return 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subscribers)
}

// Stop ends all subscriptions and refuses new ones. It returns at once, and may
// be called more than once.
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

// Close stops the hub, and waits for the present read: a quarter of a second.
func (h *Hub) Close() {
	if h == nil {
		return
	}
	h.Stop()
	h.done.Wait()
}

// Subscribe returns a subscription to all later events. It returns an
// errs.Unavailable error if there are too many subscribers, or if the hub has
// stopped.
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
		return nil, errs.New(errs.Unavailable, "This server is about to stop. Reconnect to reach another one.")
	case len(h.subscribers) >= mostSubscribers:
		return nil, errs.New(errs.Unavailable, "This server has reached its limit of event subscribers. Poll the lists, and retry later.")
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
		sleep(ctx, pause/2+rand.N(pause/2)) //nolint:gosec // for jitter, not for security
		pause = min(2*pause, longestPause)
	}
}

// turn reads once, for at most patience, and sends the events.
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

// look finds the stream's end, and tells subscribers if Redis is back. If the
// stream ends before the last sent event, it is another stream: Redis was
// emptied or restored. The hub continues at its end.
func (h *Hub) look(ctx context.Context) error {
	end, err := h.stream.end(ctx)
	if err != nil {
		return err
	}
	h.looked = time.Now()
	if h.lost {
		h.lost = false
		h.log.InfoContext(ctx, "Redis delivers live events again")
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
			h.log.WarnContext(ctx, "skipped an unreadable entry of the event stream; subscribers get a reset", "id", e.id.String(), "error", err)
		}
		messages[i] = m
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position = entries[len(entries)-1].id
	h.broadcast(messages...)
}

// lose tells subscribers and the log once.
func (h *Hub) lose(ctx context.Context, err error) {
	if !h.lost {
		h.lost = true
		h.log.WarnContext(ctx, "Redis does not deliver live events; subscribers wait until it answers again", "error", err)
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
