package cache

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// readTimeout bounds a read that several wait for, each of whom may have come
// later than the one whose request began it.
const readTimeout = 15 * time.Second

// flight is a read that others may wait for.
type flight struct {
	began   moment
	cancel  context.CancelFunc
	waiting int           // callers; Cache.mu guards it
	done    chan struct{} // closed when the result is there
	entry   *Entry
	err     error
}

// join returns the flight for key, which it begins unless one is there that
// sees all changes so far; or what is held by now.
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
	// The caller may go while others wait; leave cancels when none is left.
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

// leave ends a flight that nobody waits for any more.
func (c *Cache) leave(key Key, f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiting--; f.waiting == 0 {
		c.forget(key, f)
		f.cancel()
	}
}

// forget has nobody join f any more. It needs c.mu.
func (c *Cache) forget(key Key, f *flight) {
	if c.flights[key] == f {
		delete(c.flights, key)
	}
}

// recovered makes an error of a panic, which here would end the process.
func recovered(ctx context.Context, read func(context.Context) (*Entry, error)) (entry *Entry, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("read for the cache: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return read(ctx)
}
