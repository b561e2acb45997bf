package limit_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fualab/fualab/api/internal/limit"
)

// TestOneKeyLeavesSlotsForOthers proves that a key with all its slots, and with
// waiters, does not block another key.
func TestOneKeyLeavesSlotsForOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slots := limit.NewSlots(limit.Share{Each: 2, All: 3})
		var releases []func()
		for range 2 {
			release, err := slots.Try("greedy", 1)
			if err != nil {
				t.Fatal(err)
			}
			releases = append(releases, release)
		}
		if _, err := slots.Try("greedy", 1); !errors.Is(err, limit.ErrEach) {
			t.Errorf("a third of two: %v", err)
		}
		waited, hold := make(chan error), make(chan struct{})
		for range 10 {
			go func() {
				release, err := slots.Take(t.Context(), "greedy", 1)
				waited <- err
				if err == nil {
					<-hold
					release()
				}
			}()
		}
		synctest.Wait()
		other, err := slots.Try("other", 1)
		if err != nil {
			t.Errorf("another key's first: %v", err)
		}
		if _, err := slots.Try("third", 1); !errors.Is(err, limit.ErrAll) {
			t.Errorf("a fourth of three: %v", err)
		}
		other()
		for _, release := range releases {
			release()
		}
		for range 2 {
			if err := <-waited; err != nil {
				t.Errorf("a waiting one: %v", err)
			}
		}
		synctest.Wait()
		timeout, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		if _, err := slots.Take(timeout, "greedy", 1); !errors.Is(err, limit.ErrEach) || time.Since(begin) != time.Second {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
		close(hold)
		for range 8 {
			if err := <-waited; err != nil {
				t.Errorf("a waiting one, later: %v", err)
			}
		}
	})
}
