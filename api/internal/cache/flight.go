package cache

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// readTimeout is the limit of a shared read. A caller may have joined later
// than the one that began it.
const readTimeout = 15 * time.Second

// flight is a read for several callers.
type flight struct {
	began   moment
	cancel  context.CancelFunc
	waiting int           // callers; Cache.mu guards it
	done    chan struct{} // closed after the result
	entry   *Entry
	err     error
}

// join returns the present entry of key, or a flight. It joins a flight that
// sees all changes so far, or begins a new one.
func (c *Cache) join(ctx context.Context, key Key, read func(context.Context) (*Entry, error)) (*flight, *Entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	s, found := c.entries.GetIfPresent(key)
	if found && c.good(key, s.began, now) {
		c.hit(s, now)
		return nil, s.Entry
	}
	if found {
		c.counted.refused.Add(1)
	}
	if f := c.flights[key]; f != nil && c.good(key, f.began, now) {
		c.counted.coalesced.Add(1)
		f.waiting++
		return f, nil
	}
	c.counted.misses.Add(1)
	f := &flight{began: now, waiting: 1, done: make(chan struct{})}
	c.flights[key] = f
	// The first caller may leave while others wait; leave cancels after the
	// last one.
	ctx, f.cancel = context.WithTimeout(context.WithoutCancel(ctx), readTimeout)
	go c.fly(ctx, key, f, read)
	return f, nil
}

func (c *Cache) fly(ctx context.Context, key Key, f *flight, read func(context.Context) (*Entry, error)) {
	defer f.cancel()
	f.entry, f.err = recovered(ctx, read)
	c.settle(key, f.began, f.entry, f.err, true)
	c.mu.Lock()
	c.forget(key, f)
	c.mu.Unlock()
	close(f.done)
}

// leave removes a caller, and ends a flight without callers.
func (c *Cache) leave(key Key, f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiting--; f.waiting == 0 {
		c.forget(key, f)
		f.cancel()
	}
}

// forget removes f, so that no caller joins it any more. It needs c.mu.
func (c *Cache) forget(key Key, f *flight) {
	if c.flights[key] == f {
		delete(c.flights, key)
	}
}

// recovered turns a panic into an error. Here, a panic would end the process.
func recovered(ctx context.Context, read func(context.Context) (*Entry, error)) (entry *Entry, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("read for the cache: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return read(ctx)
}
