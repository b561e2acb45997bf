package combine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fualab/fualab/shared/errs"
)

// statements is a database that takes a second for each statement.
type statements struct {
	mu     sync.Mutex
	sizes  []int
	refuse func(parts []int) error
}

func (s *statements) do(ctx context.Context, parts []int) error {
	s.mu.Lock()
	s.sizes = append(s.sizes, len(parts))
	s.mu.Unlock()
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.refuse == nil {
		return nil
	}
	return s.refuse(parts)
}

// joinAll has n requests join at once, and returns their errors in order and
// how long it took.
func joinAll(c *Combiner[int], n int) ([]error, time.Duration) {
	begin := time.Now()
	all := make([]error, n)
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() { all[i] = c.Join(context.Background(), i) })
	}
	done.Wait()
	return all, time.Since(begin)
}

// TestCombined: two statements run at a time, and the requests share them.
func TestCombined(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var db statements
		c := withSlots(2, db.do)
		all, took := joinAll(c, 2+mostCombined+7)
		if err := errors.Join(all...); err != nil || took > 2*time.Second {
			t.Errorf("took %s, %v", took, err)
		}
		if total := sum(db.sizes); len(db.sizes) > 4 || total != len(all) || slices.Max(db.sizes) > mostCombined {
			t.Errorf("statements of %v parts", db.sizes)
		}
		if _, took := joinAll(c, 1); took != time.Second {
			t.Errorf("a lone one took %s", took)
		}
		synctest.Wait()
		if c.running != 0 || len(c.waiting) != 0 {
			t.Errorf("%d run and %d wait when nobody asks", c.running, len(c.waiting))
		}
	})
}

func sum(all []int) (total int) {
	for _, n := range all {
		total += n
	}
	return total
}

// TestRefusedAlone: what the database refuses fails nobody else.
func TestRefusedAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := statements{refuse: func(parts []int) error {
			if slices.Contains(parts, 5) {
				return errs.New(errs.Invalid, fmt.Sprintf("%d of %v", 5, parts))
			}
			return nil
		}}
		all, _ := joinAll(withSlots(1, db.do), 10)
		for i, err := range all {
			if refused := errs.Is(err, errs.Invalid); refused != (i == 5) || (err != nil) != (i == 5) {
				t.Errorf("%d: %v", i, err)
			}
		}
	})
}

// TestUnknownIsTriedOnce: after an error that leaves it open whether anything
// was done, doing it again might do it twice.
func TestUnknownIsTriedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lost := errs.New(errs.Unavailable, "the connection is lost")
		db := statements{refuse: func([]int) error { return lost }}
		all, _ := joinAll(withSlots(1, db.do), 10)
		for i, err := range all {
			if !errors.Is(err, lost) {
				t.Errorf("%d: %v", i, err)
			}
		}
		if total := sum(db.sizes); total != len(all) {
			t.Errorf("%d parts were done in statements of %v", total, db.sizes)
		}
	})
}

// TestWhoGivesUp leaves at once; the others are done all the same, also if it
// was the one that began.
func TestWhoGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var db statements
		c := withSlots(1, db.do)
		hasty, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		var rest []error
		var done sync.WaitGroup
		done.Go(func() {
			if err := c.Join(hasty, 0); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("it got %v", err)
			}
		})
		done.Go(func() { rest, _ = joinAll(c, 5) })
		done.Wait()
		if err := errors.Join(rest...); err != nil {
			t.Error(err)
		}
	})
}

// TestHungStatement ends, though no caller has a deadline.
func TestHungStatement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := withSlots(1, func(ctx context.Context, _ []int) error { <-ctx.Done(); return ctx.Err() })
		all, took := joinAll(c, 3)
		for _, err := range all {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		}
		if took > 2*combinedTimeout { // of two statements, the second with who came after the first began
			t.Errorf("took %s", took)
		}
	})
}
