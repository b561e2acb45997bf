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

// joinAll joins n requests at once. It returns their errors in order, and the
// duration.
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

// TestCombined proves that two statements run at a time, and that the requests
// share them.
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
			t.Errorf("%d run and %d wait without a request", c.running, len(c.waiting))
		}
	})
}

func sum(all []int) (total int) {
	for _, n := range all {
		total += n
	}
	return total
}

// TestRefusedAlone proves that a refused part does not fail the others.
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

// TestUnknownIsTriedOnce proves that a statement with an unknown outcome is not
// repeated, because it might take effect twice.
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

// TestCallerGivesUp proves that a caller can leave at once. The others are
// served, even if the first caller leaves.
func TestCallerGivesUp(t *testing.T) {
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

// TestHungStatement proves that a hung statement ends, although no caller has a
// deadline.
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
		if took > 2*combinedTimeout { // two statements; the second has the requests after the beginning of the first
			t.Errorf("took %s", took)
		}
	})
}
