package cache

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestCoalesced proves that a hundred callers that miss the same key share one
// read.
func TestCoalesced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := New(1<<20, notes)
		defer c.entries.StopAllGoroutines()
		finish := make(chan struct{})
		var callers sync.WaitGroup
		for range 100 {
			callers.Go(func() {
				e, err := c.Load(t.Context(), Page(notes, ""), func(context.Context) (*Entry, error) {
					<-finish
					return entry("a", 0), nil
				})
				if err != nil || string(e.Body) != "a" {
					t.Errorf("%v, %v", e, err)
				}
			})
		}
		synctest.Wait() // until all of them wait
		close(finish)
		callers.Wait()
		if n := c.Snapshot(); n.Misses != 1 || n.Coalesced != 99 || n.Hits != 0 {
			t.Errorf("%+v", n)
		}
		if held(c, Page(notes, "")) != "a" {
			t.Error("it is not held")
		}
	})
}

// TestJoinNoOldRead proves that a caller begins a new read if the present one
// is too old.
func TestJoinNoOldRead(t *testing.T) {
	t.Parallel()
	at := newHands()
	c := newCache(1<<20, at.now, notes)
	_, _ = c.Load(t.Context(), Record(notes, 1), func(ctx context.Context) (*Entry, error) {
		at.turn(MaxAge, MaxAge)
		e, err := c.Load(ctx, Record(notes, 1), func(context.Context) (*Entry, error) { return entry("b", 1), nil })
		if err != nil || string(e.Body) != "b" {
			t.Errorf("%v, %v", e, err)
		}
		return entry("a", 1), nil
	})
	if got := held(c, Record(notes, 1)); got != "b" {
		t.Errorf("%q is held", got)
	}
}

// TestCallersLeave proves that a read continues when its first caller leaves,
// and ends when the last one leaves.
func TestCallersLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := New(1<<20, notes)
		defer c.entries.StopAllGoroutines()
		finish, ended := make(chan struct{}), make(chan error, 1)
		read := func(ctx context.Context) (*Entry, error) {
			select {
			case <-finish:
				return entry("a", 1), nil
			case <-ctx.Done():
				ended <- ctx.Err()
				return nil, ctx.Err()
			}
		}
		results := make(chan error, 2)
		call := func() context.CancelFunc {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				_, err := c.Load(ctx, Record(notes, 1), read)
				results <- err
			}()
			synctest.Wait()
			return cancel
		}
		leave, stay := call(), call()
		leave()
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("the leaving caller gets %v", err)
		}
		finish <- struct{}{}
		if err := <-results; err != nil {
			t.Errorf("the waiting caller gets %v", err)
		}
		stay()
		c.Invalidate(notes, 1)
		time.Sleep(time.Nanosecond) // until it has ended, by the bubble's clock
		first, second := call(), call()
		first()
		second()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the read without callers ends with %v", err)
		}
		for range 2 {
			if err := <-results; !errors.Is(err, context.Canceled) {
				t.Errorf("the leaving caller gets %v", err)
			}
		}
		third := call()
		finish <- struct{}{}
		if err := <-results; err != nil {
			t.Errorf("the next caller gets %v", err)
		}
		third()
	})
}

func TestReadEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := New(1<<20, notes)
		defer c.entries.StopAllGoroutines()
		begin := time.Now()
		_, err := c.Load(t.Context(), Record(notes, 1), func(ctx context.Context) (*Entry, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		if took := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || took != readTimeout {
			t.Errorf("%v after %s", err, took)
		}
	})
}

// TestErrors proves that all waiting callers get the error, and that a later
// caller reads again.
func TestErrors(t *testing.T) {
	t.Parallel()
	c := New(1<<20, notes)
	for range 2 {
		if _, err := c.Load(t.Context(), Record(notes, 1), func(context.Context) (*Entry, error) { return nil, errBroken }); !errors.Is(err, errBroken) {
			t.Errorf("got %v", err)
		}
	}
	_, err := c.Load(t.Context(), Record(notes, 1), func(context.Context) (*Entry, error) { panic("at the disco") })
	if err == nil || !strings.Contains(err.Error(), "panic: at the disco") || !strings.Contains(err.Error(), "flight_test.go") {
		t.Errorf("a panic becomes %v", err)
	}
	if n := c.Snapshot(); n.Misses != 3 {
		t.Errorf("%+v", n)
	}
}
