// Package clock tells the database's time. Whether a row is due has one answer
// for the whole fleet, whatever the clock of the machine says that asks.
package clock

import (
	"context"
	"sync"
	"time"

	"github.com/fualab/fualab/worker/internal/loop"
)

// askEvery is how often the database is asked; in between its time goes on by
// the machine's monotonic clock, which nobody can set.
const askEvery = 10 * time.Second

// Clock follows the database's. Step is for one goroutine, Now is safe for
// concurrent use.
type Clock struct {
	ask func(context.Context) (time.Time, error)

	mu   sync.Mutex
	told time.Time // what the database said
	at   time.Time // when it did, by this machine; zero: it has not been asked
}

// New returns a Clock that ask tells the database's time. Until the first Step
// it is the machine's.
func New(ask func(context.Context) (time.Time, error)) *Clock { return &Clock{ask: ask} }

// Step is the loop's. Put it before the steps that go by the clock.
func (c *Clock) Step(ctx context.Context, _ loop.Turn) error {
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

// Now returns the database's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return time.Now()
	}
	return c.told.Add(time.Since(c.at))
}
