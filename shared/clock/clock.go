// Package clock tells the database's time. Whether a row is overdue or expired
// has one answer in all processes, whatever the clocks of their machines say.
package clock

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// askEvery is how often the database is asked. In between its time goes on by
// the machine's monotonic clock, which nobody can set.
const askEvery = 10 * time.Second

// askTimeout bounds one question of Follow.
const askTimeout = 5 * time.Second

// Clock follows the database's time. It is safe for concurrent use.
type Clock struct {
	ask func(context.Context) (time.Time, error)

	mu   sync.Mutex
	told time.Time // the database's answer
	at   time.Time // when it came, by this machine; zero: never
}

// New returns a Clock that ask tells the database's time. Until the first Sync
// it is the machine's.
func New(ask func(context.Context) (time.Time, error)) *Clock { return &Clock{ask: ask} }

// Sync asks the database for the time, unless it has done so within the last
// ten seconds.
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
	// The way back of the answer counts as none: late by it, and never early.
	c.told, c.at = told, time.Now()
	return nil
}

// Follow syncs every ten seconds until ctx ends. While the database does not
// answer, the time goes on by the machine's monotonic clock.
func (c *Clock) Follow(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		asking, cancel := context.WithTimeout(ctx, askTimeout)
		if err := c.Sync(asking); err != nil && ctx.Err() == nil {
			log.DebugContext(ctx, "the database does not tell the time", "error", err)
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
