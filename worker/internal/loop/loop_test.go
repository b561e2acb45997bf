package loop

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// start runs a loop of steps, one turn a second, until the test ends. It runs
// inside a bubble, so time passes only when all goroutines wait.
func start(t *testing.T, log *slog.Logger, steps ...Step) *Loop {
	t.Helper()
	l := New(Config{Steps: steps, Now: time.Now, Log: log})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return l
}

var discard = slog.New(slog.DiscardHandler)

// journal records the time of each step since the journal was made.
type journal struct {
	begin time.Time
	lines []string
}

func (j *journal) step(name string, takes ...time.Duration) Step {
	n := 0
	return Step{Name: name, Run: func(_ context.Context, turn Turn) error {
		line := time.Since(j.begin).String() + " " + name
		if turn.Lag > 0 {
			line += " late by " + turn.Lag.String()
		}
		j.lines = append(j.lines, line)
		if n++; n <= len(takes) {
			time.Sleep(takes[n-1]) // fake time
		}
		return nil
	}}
}

func TestTurns(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		takes []time.Duration // the duration of the first step, turn by turn
		run   time.Duration
		want  []string
	}{
		{"once a tick, in order", nil, 2 * time.Second, []string{
			"0s first", "0s second", "1s first", "1s second", "2s first", "2s second",
		}},
		{"a slow turn does not shift the next", []time.Duration{600 * time.Millisecond}, time.Second, []string{
			"0s first", "600ms second", "1s first", "1s second",
		}},
		{"missed turns are not made up for", []time.Duration{3500 * time.Millisecond}, 4 * time.Second, []string{
			"0s first", "3.5s second",
			"3.5s first late by 2.5s", "3.5s second late by 2.5s",
			"4s first", "4s second",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j := &journal{begin: time.Now()}
				start(t, discard, j.step("first", tc.takes...), j.step("second"))
				time.Sleep(tc.run)
				synctest.Wait()
				if diff := cmp.Diff(tc.want, j.lines); diff != "" {
					t.Errorf("steps (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var log strings.Builder
		second := false
		l := New(Config{Now: time.Now, Log: slog.New(slog.NewTextHandler(&log, nil)), Steps: []Step{
			{"first", func(ctx context.Context, _ Turn) error {
				<-ctx.Done()
				return ctx.Err()
			}},
			{"second", func(context.Context, Turn) error { second = true; return nil }},
		}})
		go func() {
			time.Sleep(time.Second)
			cancel()
		}()
		begin := time.Now()
		l.Run(ctx)
		if took := time.Since(begin); took != time.Second {
			t.Errorf("ended after %s, want 1s", took)
		}
		if second || log.Len() > 0 {
			t.Errorf("a step ran after the end: %t; logged %q", second, log.String())
		}
	})
}

func TestAnEndedContextBeginsNoTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 100 { // select is random
			j := &journal{begin: time.Now()}
			New(Config{Now: time.Now, Log: discard, Steps: []Step{j.step("first")}}).Run(ctx)
			if len(j.lines) > 0 {
				t.Fatal("a turn began")
			}
		}
	})
}

func TestHealthy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var stuck atomic.Bool
		begin := time.Now()
		l := start(t, discard, Step{"hangs", func(context.Context, Turn) error {
			if stuck.Load() {
				<-release // ignores its context
			}
			return nil
		}})
		healthy := func(after time.Duration, want bool) {
			t.Helper()
			time.Sleep(after - time.Since(begin))
			synctest.Wait()
			if l.Healthy(time.Now()) != want {
				t.Errorf("after %s: healthy %t, want %t; %+v", after, !want, want, l.Progress())
			}
		}
		healthy(10500*time.Millisecond, true)
		stuck.Store(true) // the turn at 11 s hangs
		healthy(13999*time.Millisecond, true)
		healthy(14*time.Second, false)
		healthy(time.Hour, false)
		if p := l.Progress(); p.Step != "hangs" || p.Advanced.Sub(begin) != 11*time.Second || p.LastTurn.Sub(begin) != 10*time.Second {
			t.Errorf("progress of a stuck loop: %+v", p)
		}
		stuck.Store(false)
		close(release)
		healthy(time.Hour+time.Millisecond, true)
		if p := l.Progress(); p.Step != "" || p.Lag != time.Hour-12*time.Second {
			t.Errorf("progress after the hang: %+v", p)
		}
	})
}

func TestHealthyWhileStepsRunOutOfTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := Step{"slow", func(ctx context.Context, _ Turn) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		l := start(t, discard, slow, slow)
		for range 100 {
			time.Sleep(150 * time.Millisecond)
			synctest.Wait()
			if !l.Healthy(time.Now()) {
				t.Fatalf("unhealthy, though each step respects its time: %+v", l.Progress())
			}
		}
	})
}

func TestNotBegunIsHealthy(t *testing.T) {
	t.Parallel()
	l := New(Config{Now: time.Now, Log: discard})
	if p := l.Progress(); p.Begun() || !l.Healthy(time.Now()) {
		t.Errorf("a loop that has not begun: %+v", p)
	}
}

// TestProgressWhileTurning has four readers that look when a turn begins and
// ends, and once during a step. Each sees a healthy loop without a delay. The
// race detector checks the rest.
func TestProgressWhileTurning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const takes, turns = 400 * time.Millisecond, 20
		begin := time.Now()
		l := start(t, discard, Step{"first", func(context.Context, Turn) error {
			time.Sleep(takes)
			return errors.New("no")
		}})
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for n := range turns {
					turn := begin.Add(time.Duration(n) * time.Second)
					time.Sleep(time.Until(turn)) // when the turn begins; a reader may see either side of it
					if p := l.Progress(); !l.Healthy(time.Now()) || time.Since(p.Advanced) > time.Second && p.Begun() {
						t.Errorf("as turn %d begins: %+v", n, p)
					}
					time.Sleep(takes / 2)
					if p := l.Progress(); p.Step != "first" || !p.Advanced.Equal(turn) || p.Lag != 0 || !l.Healthy(time.Now()) {
						t.Errorf("in turn %d: %+v", n, p)
					}
					time.Sleep(takes)
					if p := l.Progress(); p.Step != "" || !p.LastTurn.Equal(turn.Add(takes)) || !p.Advanced.Equal(p.LastTurn) {
						t.Errorf("after turn %d: %+v", n, p)
					}
				}
			})
		}
		readers.Wait()
	})
}

func TestNext(t *testing.T) {
	t.Parallel()
	due := time.Unix(1000, 0)
	for _, tc := range []struct{ late, want time.Duration }{
		{0, 15 * time.Second},
		{time.Millisecond, 15 * time.Second},
		{15*time.Second - 1, 15 * time.Second},
		{15 * time.Second, 30 * time.Second},
		{100 * time.Second, 105 * time.Second},
	} {
		if got := Next(due, due.Add(tc.late), 15*time.Second).Sub(due); got != tc.want {
			t.Errorf("late by %s: next after %s, want %s", tc.late, got, tc.want)
		}
	}
}
