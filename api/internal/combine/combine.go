// Package combine has requests that do the same at the same time share a
// statement.
package combine

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/tracing"
)

const (
	// mostCombined bounds a statement.
	mostCombined = 100
	// combinedTimeout bounds it in time: it belongs to no single request.
	combinedTimeout = 15 * time.Second
)

// Combiner has requests that do the same at the same time share a statement:
// most of what one costs is the same for one row and for many. Nobody waits for
// company. A statement begins at once while fewer than slots run, and otherwise
// when one of them ends, with all who have come by then; so that a request waits
// for one statement at most before its own, as long as there are no more than
// mostCombined for each slot. It is safe for concurrent use.
type Combiner[T any] struct {
	do    func(ctx context.Context, all []T) error // one statement
	slots int

	mu      sync.Mutex
	waiting []*joint[T]
	running int
}

// joint is a request's part in a statement.
type joint[T any] struct {
	part T
	from context.Context // of the request
	done chan error      // gets one
}

// New returns a Combiner for statements on db, each of which do runs for all of
// its parts. ctx ends after 15 s and belongs to no single request.
func New[T any](db *database.DB, do func(ctx context.Context, all []T) error) *Combiner[T] {
	return withSlots(atOnce(db), do)
}

func withSlots[T any](slots int, do func(ctx context.Context, all []T) error) *Combiner[T] {
	return &Combiner[T]{do: do, slots: slots}
}

// atOnce is how many combined statements of one kind run at the same time:
// SQLite has one writer; Postgres is to have the next one while the answers of
// another are handed out.
func atOnce(db *database.DB) int {
	if db == nil || !db.IsPostgres() { // nil: for the API's document alone
		return 1
	}
	return max(2, runtime.GOMAXPROCS(0))
}

// Join has part done, or returns the error that concerns it. A caller that
// gives up first does not know which, and must leave part alone.
func (c *Combiner[T]) Join(ctx context.Context, part T) error {
	own := &joint[T]{part, ctx, make(chan error, 1)}
	c.mu.Lock()
	c.waiting = append(c.waiting, own)
	begin := c.running < c.slots
	if begin {
		c.running++
	}
	c.mu.Unlock()
	if begin {
		go c.run(context.WithoutCancel(ctx))
	}
	select {
	case err := <-own.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run goes on until nobody waits.
func (c *Combiner[T]) run(ctx context.Context) {
	for batch := c.next(); len(batch) > 0; batch = c.next() {
		c.doAll(ctx, batch)
	}
}

// next takes who waits. With nobody left the runner's slot is free again.
func (c *Combiner[T]) next() []*joint[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.waiting), mostCombined)
	if n == 0 {
		c.waiting = nil
		c.running--
		return nil
	}
	batch := c.waiting[:n:n]
	c.waiting = c.waiting[n:]
	return batch
}

// doAll does batch in one statement. If the database refuses that, each part is
// tried alone, so that one of them fails none of the others. After any other
// error nobody knows what became of it, and nothing is tried again.
func (c *Combiner[T]) doAll(ctx context.Context, batch []*joint[T]) {
	err := c.doSome(ctx, batch)
	if kind := errs.KindOf(err); len(batch) > 1 && (kind == errs.Invalid || kind == errs.Conflict) {
		for i := range batch {
			batch[i].done <- c.doSome(ctx, batch[i:i+1])
		}
		return
	}
	for _, j := range batch {
		j.done <- err
	}
}

func (c *Combiner[T]) doSome(ctx context.Context, batch []*joint[T]) error {
	// A trace shows the statement of those who asked first.
	ctx, cancel := context.WithTimeout(tracing.Over(ctx, batch[0].from), combinedTimeout)
	defer cancel()
	parts := make([]T, len(batch))
	for i, j := range batch {
		parts[i] = j.part
	}
	return c.do(ctx, parts)
}
