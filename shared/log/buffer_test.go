package log_test

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fualab/fualab/shared/log"
)

// writes records each of its writes.
type writes struct {
	mu   sync.Mutex
	each []string
}

func (w *writes) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.each = append(w.each, string(p))
	return len(p), nil
}

func (w *writes) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.each)
}

func TestBufferHoldsLinesBackForAMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out writes
		logger := log.New(log.NewBuffer(&out), slog.LevelInfo, "test")
		for round := 1; round <= 3; round++ {
			logger.Info("one")
			logger.Info("two")
			if got := out.count(); got != round-1 {
				t.Fatalf("%d writes before the moment has passed in round %d", got, round)
			}
			time.Sleep(51 * time.Millisecond)
			synctest.Wait()
			if got := out.count(); got != round {
				t.Fatalf("%d writes after round %d", got, round)
			}
		}
		if strings.Count(out.each[0], "\n") != 2 {
			t.Errorf("wrote %q", out.each[0])
		}
	})
}

// TestBufferHoldsNoWarningBack proves that a warning is written at once,
// together with all lines before it.
func TestBufferHoldsNoWarningBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out writes
		logger := log.New(log.NewBuffer(&out), slog.LevelInfo, "test").With("part", "x").WithGroup("g")
		logger.Info("first")
		logger.Warn("second")
		if out.count() != 1 || !strings.Contains(out.each[0], "first") || !strings.Contains(out.each[0], "second") {
			t.Errorf("wrote %q", out.each)
		}
		synctest.Wait()
	})
}

func TestBufferIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out writes
		b := log.NewBuffer(&out)
		line := strings.Repeat("x", 1023) + "\n"
		for range 100 {
			_, _ = b.Write([]byte(line))
		}
		_, _ = b.Write([]byte(strings.Repeat(line, 200)))
		if got := out.count(); got < 3 {
			t.Errorf("%d writes of 100 KiB and 200 KiB", got)
		}
		b.Flush()
		if got := strings.Join(out.each, ""); got != strings.Repeat(line, 300) {
			t.Errorf("%d bytes came through, of %d", len(got), 300*len(line))
		}
	})
}
