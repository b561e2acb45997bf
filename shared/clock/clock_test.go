package clock_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fualab/fualab/shared/clock"
)

// TestFollows proves that the clock has the database's time, even if the
// machine's time is far from it, and that it advances while the database does
// not answer.
func TestFollows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var behind time.Duration
		var away error
		asked := 0
		c := clock.New(func(context.Context) (time.Time, error) {
			asked++
			return time.Now().Add(-behind), away
		})
		expect := func(what string, behind time.Duration, times int) {
			t.Helper()
			if got := time.Since(c.Now()); got != behind || asked != times {
				t.Errorf("%s: %s behind the machine's, asked %d times; want %s, %d", what, got, asked, behind, times)
			}
		}
		turns := func(n int) {
			for range n {
				if err := c.Sync(t.Context()); err != nil && !errors.Is(err, away) {
					t.Error(err)
				}
				time.Sleep(time.Second)
			}
		}
		expect("not asked", 0, 0)
		behind = time.Hour
		turns(10)
		expect("asked once", time.Hour, 1)
		away, behind = errors.New("away"), 0
		turns(3)
		expect("away", time.Hour, 4)
		away = nil
		turns(1)
		expect("set right", 0, 5)
	})
}
