package events

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/redis"
)

const (
	// queue is how many events wait, at most, while Redis is slow.
	queue = 1024
	// batch bounds what one round trip carries.
	batch = 128
	// pace is how long events gather between two round trips, unless a batch is
	// there sooner. The first one waits for nobody.
	pace = 10 * time.Millisecond
	// retry is how long a failing publisher waits before it tries again by itself.
	retry = 2 * time.Second
	// sendTimeout bounds one round trip.
	sendTimeout = 500 * time.Millisecond
)

// Publisher sends events in the background. Whoever publishes never waits
// for Redis, nor learns how it went. After events were lost, a Reset stands
// for them.
type Publisher struct {
	client  *redis.Client
	log     *slog.Logger
	pending chan Event
	stop    chan struct{}
	done    sync.WaitGroup
	missed  atomic.Bool // events were lost that no Reset stands for yet
	failing atomic.Bool // whether the last send failed
}

// Start returns a Publisher that works until Close, which the caller must
// call. Without a client it does nothing.
func Start(ctx context.Context, client *redis.Client, log *slog.Logger) *Publisher {
	p := &Publisher{client: client, log: log, pending: make(chan Event, queue), stop: make(chan struct{})}
	if client != nil {
		// What is in flight when ctx ends still publishes, hence Close.
		p.done.Go(func() { p.loop(context.WithoutCancel(ctx)) })
	}
	return p
}

// Publish sends e soon. It returns at once, and is safe for concurrent use.
func (p *Publisher) Publish(e Event) {
	if p.client == nil {
		return
	}
	select {
	case p.pending <- e:
	default:
		p.missed.Store(true)
	}
}

// Close sends what waits, one batch at most, and ends. It must be called
// once, when nobody publishes any more.
func (p *Publisher) Close() {
	close(p.stop)
	p.done.Wait()
}

// Failing reports whether Redis has not taken the last events: it is lost, full,
// or a replica that refuses writes. A failing publisher tries again every two
// seconds.
func (p *Publisher) Failing() bool { return p.failing.Load() }

func (p *Publisher) loop(ctx context.Context) {
	again := time.NewTicker(retry)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			if p.failing.Load() {
				p.send(ctx, nil) // the Reset that stands for the lost events
			}
		case e := <-p.pending:
			p.send(ctx, joined(p.more(e)))
			p.gather()
		case <-p.stop:
			if rest := p.more(); len(rest) > 0 {
				p.send(ctx, joined(rest))
			}
			return
		}
	}
}

func (p *Publisher) gather() {
	if len(p.pending) >= batch {
		return
	}
	select {
	case <-time.After(pace):
	case <-p.stop:
	}
}

// more adds what waits to events, up to a batch.
func (p *Publisher) more(events ...Event) []Event {
	for len(events) < batch {
		select {
		case e := <-p.pending:
			events = append(events, e)
		default:
			return events
		}
	}
	return events
}

// send logs that Redis was lost or regained, once each.
func (p *Publisher) send(ctx context.Context, events []Event) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if p.missed.Swap(false) {
		events = append(events, Event{Type: Reset, At: model.NewTime(time.Now())})
	}
	err := Append(ctx, p.client, events...)
	switch {
	case err != nil && !p.failing.Load():
		p.log.WarnContext(ctx, "live events are lost until Redis answers again", "error", err)
	case err == nil && p.failing.Load():
		p.log.InfoContext(ctx, "live events reach Redis again")
	}
	p.failing.Store(err != nil)
	if err != nil {
		p.missed.Store(true)
	}
}

// Append writes events to the stream in one round trip.
func Append(ctx context.Context, client *redis.Client, events ...Event) error {
	pipe := client.Pipeline()
	for _, e := range events {
		text, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("append %d events: encode: %w", len(events), err)
		}
		pipe.XAdd(ctx, goredis.XAddArgs{Stream: Stream, MaxLen: Kept, Approx: true, Values: []any{Field, text}})
	}
	if err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("append %d events: %w", len(events), err)
	}
	return nil
}
