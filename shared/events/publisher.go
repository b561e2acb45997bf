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
	// queue is the largest number of waiting events while Redis is slow.
	queue = 1024
	// batch is the largest number of events in one round trip.
	batch = 128
	// pace is the time between two round trips in which events gather, unless a
	// batch is full. The first event does not wait.
	pace = 10 * time.Millisecond
	// retry is the time after which a failing publisher retries without a new
	// event.
	retry = 2 * time.Second
	// sendTimeout is the limit of one round trip.
	sendTimeout = 500 * time.Millisecond
)

// Publisher sends events in the background. A caller of Publish never waits for
// Redis and gets no result. After a loss of events, the publisher sends a Reset
// in their place.
type Publisher struct {
	client  *redis.Client
	log     *slog.Logger
	pending chan Event
	stop    chan struct{}
	done    sync.WaitGroup
	missed  atomic.Bool // events were lost and no Reset was sent yet
	failing atomic.Bool // whether the last send failed
}

// Start returns a Publisher that works until Close, which the caller must call.
// Without a client, it does nothing.
func Start(ctx context.Context, client *redis.Client, log *slog.Logger) *Publisher {
	p := &Publisher{client: client, log: log, pending: make(chan Event, queue), stop: make(chan struct{})}
	if client != nil {
		// Requests in flight still publish after ctx ends, hence Close.
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

// Close sends the waiting events, at most one batch, and ends the publisher.
// Call it once, after the last Publish.
func (p *Publisher) Close() {
	close(p.stop)
	p.done.Wait()
}

// Failing reports whether Redis has refused the last events: it is unreachable,
// full, or a read-only replica. A failing publisher retries every two seconds.
func (p *Publisher) Failing() bool { return p.failing.Load() }

func (p *Publisher) loop(ctx context.Context) {
	again := time.NewTicker(retry)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			if p.failing.Load() {
				p.send(ctx, nil) // only the Reset for the lost events
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

// more adds waiting events to events, up to a batch.
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

// send logs each loss of Redis and each return once.
func (p *Publisher) send(ctx context.Context, events []Event) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if p.missed.Swap(false) {
		events = append(events, Event{Type: Reset, At: model.NewTime(time.Now())})
	}
	err := Append(ctx, p.client, events...)
	switch {
	case err != nil && !p.failing.Load():
		p.log.WarnContext(ctx, "Redis does not accept live events; they are lost until it answers again", "error", err)
	case err == nil && p.failing.Load():
		p.log.InfoContext(ctx, "Redis accepts live events again")
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
