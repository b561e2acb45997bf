package runner

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestDuplicateLogsAreThrottled(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	log := slog.New(newQuiet(slog.NewTextHandler(&out, nil), func() time.Time { return now }))
	for range 150 { // one for each second
		log.With("client", "x").Error("fetching failed", "error", now.String())
		log.Warn("another")
		log.Info("not worth a line")
		now = now.Add(time.Second)
	}
	for text, want := range map[string]int{"fetching failed": 3, "another": 3, "held_back=59": 4, "not worth": 0} {
		if got := strings.Count(out.String(), text); got != want {
			t.Errorf("%q is there %d times, want %d:\n%s", text, got, want, &out)
		}
	}
}
