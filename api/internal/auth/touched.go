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
	// touchEvery is how often it is written down which tokens are in use.
	touchEvery = time.Minute
	// maxTouched bounds how many are written at a time; of more, some are
	// written later.
	maxTouched = 1000
	// touchTimeout bounds the writing.
	touchTimeout = 5 * time.Second
)

// touched writes down which tokens are in use, in the background: no request
// waits for it, and what cannot be written is forgotten.
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
	// What is in flight when ctx ends is still noted, hence close.
	t.done.Go(func() { t.loop(context.WithoutCancel(ctx), every) })
	return t
}

// note has it written that a token is in use. It returns at once.
func (t *touched) note(id int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.ids) < maxTouched {
		t.ids[id] = struct{}{}
	}
}

// close writes what is left, and ends.
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
		t.log.WarnContext(ctx, "it is not written down which tokens were in use", "tokens", len(ids), "error", err)
	}
}
