// Package combine lets concurrent requests of the same kind share a statement.
//
//	request ─┐
//	request ─┼─→ waiting ─→ next: at most 100 ─→ one statement ─→ each request's result
//	request ─┘     (at most slots statements at the same time)
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
	// mostCombined is the largest number of requests in a statement.
	mostCombined = 100
	// combinedTimeout is the limit of a statement, because it belongs to no
	// single request.
	combinedTimeout = 15 * time.Second
)

// Combiner lets concurrent requests of the same kind share a statement, because
// most of a statement's cost does not depend on the number of rows. No request
// waits for others to come. A statement begins at once while fewer than slots
// run. Otherwise it begins when one of them ends, with all requests that wait
// by then. So a request waits for at most one statement before its own, up to
// mostCombined requests for each slot. It is safe for concurrent use.
type Combiner[T any] struct {
	do    func(ctx context.Context, all []T) error // executes one statement
	slots int

	mu      sync.Mutex
	waiting []*request[T]
	running int
}

// request is the part of one request in a statement.
type request[T any] struct {
	part T
	from context.Context // the request's context
	done chan error      // gets one result
}

// New returns a Combiner for statements on db. do executes one statement for
// all its parts. Its ctx ends after 15 s and belongs to no single request.
func New[T any](db *database.DB, do func(ctx context.Context, all []T) error) *Combiner[T] {
	return withSlots(atOnce(db), do)
}

func withSlots[T any](slots int, do func(ctx context.Context, all []T) error) *Combiner[T] {
	return &Combiner[T]{do: do, slots: slots}
}

// atOnce is the number of concurrent combined statements of one kind. SQLite
// has one writer. On Postgres, a second statement runs while the results of the
// first are distributed.
func atOnce(db *database.DB) int {
	if db == nil || !db.IsPostgres() { // nil only for the API's document
		return 1
	}
	return max(2, runtime.GOMAXPROCS(0))
}

// Join executes part and returns its error. A caller that gives up earlier does
// not know the outcome, and must not change part.
func (c *Combiner[T]) Join(ctx context.Context, part T) error {
	own := &request[T]{part, ctx, make(chan error, 1)}
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

// run executes statements until no request waits.
func (c *Combiner[T]) run(ctx context.Context) {
	for batch := c.next(); len(batch) > 0; batch = c.next() {
		c.doAll(ctx, batch)
	}
}

// next takes the waiting requests. If there are none, it frees the runner's
// slot.
func (c *Combiner[T]) next() []*request[T] {
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

// doAll executes batch in one statement. If the database refuses it, each part
// runs alone, so that one part does not fail the others. After any other error
// the outcome is unknown, so nothing is repeated.
func (c *Combiner[T]) doAll(ctx context.Context, batch []*request[T]) {
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

func (c *Combiner[T]) doSome(ctx context.Context, batch []*request[T]) error {
	// The statement appears in the trace of the first request.
	ctx, cancel := context.WithTimeout(tracing.Over(ctx, batch[0].from), combinedTimeout)
	defer cancel()
	parts := make([]T, len(batch))
	for i, j := range batch {
		parts[i] = j.part
	}
	return c.do(ctx, parts)
}
