package auth

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// touchEvery is the time between two writes of the tokens in use.
	touchEvery = time.Minute
	// maxTouched is the largest number of tokens in a write. Tokens beyond it
	// are written later.
	maxTouched = 1000
	// touchTimeout is the limit of a write.
	touchTimeout = 5 * time.Second
)

// touched records the tokens in use, in the background. No request waits for
// it, and it drops failed writes.
type touched struct {
	write func(ctx context.Context, ids ...int64) error
	log   *slog.Logger
	stop  chan struct{}
	done  sync.WaitGroup

	mu  sync.Mutex
	ids map[int64]struct{}
}

func startTouched(ctx context.Context, write func(context.Context, ...int64) error, every time.Duration, log *slog.Logger) *touched {
	t := &touched{write: write, log: log, stop: make(chan struct{}), ids: make(map[int64]struct{})}
	// Requests in flight still record uses after ctx ends, hence close.
	t.done.Go(func() { t.loop(context.WithoutCancel(ctx), every) })
	return t
}

// note records the use of a token soon. It returns at once.
func (t *touched) note(id int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.ids) < maxTouched {
		t.ids[id] = struct{}{}
	}
}

// close writes the rest, and ends.
func (t *touched) close() {
	close(t.stop)
	t.done.Wait()
}

func (t *touched) loop(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			t.flush(ctx)
		case <-t.stop:
			t.flush(ctx)
			return
		}
	}
}

func (t *touched) flush(ctx context.Context) {
	t.mu.Lock()
	ids := slices.Sorted(maps.Keys(t.ids))
	clear(t.ids)
	t.mu.Unlock()
	if len(ids) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, touchTimeout)
	defer cancel()
	if err := t.write(ctx, ids...); err != nil {
		t.log.WarnContext(ctx, "cannot record the tokens in use", "tokens", len(ids), "error", err)
	}
}
