package loop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/errs"
)

// line is the tested part of a log line.
type line struct {
	Level, Msg, Step, Error, Stack string
}

func lines(t *testing.T, log *bytes.Buffer) []line {
	t.Helper()
	var all []line
	for raw := range strings.Lines(log.String()) {
		var l line
		if err := json.Unmarshal([]byte(raw), &l); err != nil {
			t.Fatalf("%v: %s", err, raw)
		}
		all = append(all, l)
	}
	return all
}

func TestAFailingStepIsLoggedOnceAStateChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		begin := time.Now()
		others := 0
		start(t, slog.New(slog.NewJSONHandler(&log, nil)),
			Step{"tick", func(context.Context, Turn) error {
				if at := time.Since(begin); at >= 10*time.Second && at < 100*time.Second {
					return errs.New(errs.Unavailable, "no database")
				}
				return nil
			}},
			Step{"last", func(context.Context, Turn) error { others++; return nil }})

		time.Sleep(200*time.Second - time.Millisecond)
		synctest.Wait()
		failed := line{Level: "WARN", Msg: "the step failed; the next turn tries again", Step: "tick", Error: "no database"}
		want := []line{failed, failed, {Level: "INFO", Msg: "the step succeeds again", Step: "tick"}} // at 10, 70 and 100 s
		if diff := cmp.Diff(want, lines(t, &log)); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
		if others != 200 {
			t.Errorf("the step after it ran %d times, want 200", others)
		}
	})
}

func TestAPanicEndsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		others := 0
		l := start(t, slog.New(slog.NewJSONHandler(&log, nil)),
			Step{"tick", func(context.Context, Turn) error { return panics() }},
			Step{"last", func(context.Context, Turn) error { others++; return nil }})

		time.Sleep(10*time.Second - time.Millisecond)
		synctest.Wait()
		got := lines(t, &log)
		if len(got) != 1 || got[0].Level != "ERROR" || got[0].Step != "tick" || got[0].Error != "panic: out of range" ||
			!strings.Contains(got[0].Stack, "loop.panics") {
			t.Errorf("log %+v", got)
		}
		if others != 10 || !l.Healthy(time.Now()) {
			t.Errorf("the step after it ran %d times, want 10; healthy %t", others, l.Healthy(time.Now()))
		}
	})
}

func panics() error { panic("out of range") }

func TestAStepHasTwoTicks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var took []time.Duration
		var reason error
		start(t, discard, Step{"slow", func(ctx context.Context, turn Turn) error {
			<-ctx.Done()
			took, reason = append(took, time.Since(turn.Began)), ctx.Err()
			return reason
		}})
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if len(took) != 1 || took[0] != 2*time.Second || !errors.Is(reason, context.DeadlineExceeded) {
			t.Errorf("ended after %v by %v", took, reason)
		}
	})
}
