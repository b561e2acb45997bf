// Package clock follows the database's time. All processes agree on overdue and
// expired rows, even if the clocks of their machines differ.
package clock

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// askEvery is the time between two queries for the database's time. In between,
// the clock advances with the machine's monotonic clock, which no administrator
// can set.
const askEvery = 10 * time.Second

// askTimeout bounds one query of Follow.
const askTimeout = 5 * time.Second

// Clock follows the database's time. It is safe for concurrent use.
type Clock struct {
	ask func(context.Context) (time.Time, error)

	mu   sync.Mutex
	told time.Time // the database's time at the last query
	at   time.Time // the machine's time at that query; zero before the first
}

// New returns a Clock that gets the database's time from ask. Before the first
// Sync, it returns the machine's time.
func New(ask func(context.Context) (time.Time, error)) *Clock { return &Clock{ask: ask} }

// Sync asks the database for the time, unless the last query is less than ten
// seconds old.
func (c *Clock) Sync(ctx context.Context) error {
	c.mu.Lock()
	at := c.at
	c.mu.Unlock()
	if !at.IsZero() && time.Since(at) < askEvery {
		return nil
	}
	told, err := c.ask(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// The network delay of the answer is ignored: the clock may be late by that
	// delay, but never early.
	c.told, c.at = told, time.Now()
	return nil
}

// Follow syncs every ten seconds until ctx ends. While the database does not
// answer, the clock advances with the machine's monotonic clock.
func (c *Clock) Follow(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		asking, cancel := context.WithTimeout(ctx, askTimeout)
		if err := c.Sync(asking); err != nil && ctx.Err() == nil {
			log.DebugContext(ctx, "cannot read the database's time; the clock continues from the last answer", "error", err)
		}
		cancel()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Now returns the database's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return time.Now()
	}
	return c.told.Add(time.Since(c.at))
}
