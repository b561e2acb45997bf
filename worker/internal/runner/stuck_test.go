package runner

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/riverqueue/river"
)

// A run that ignores its timeout is reported, and loses its slot, but not more
// of them than there are.
func TestStuckRuns(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := &Runner{cfg: Config{Concurrency: 2, Log: slog.New(slog.NewTextHandler(&out, nil))}}
	for total, want := range map[int]bool{1: true, 2: true, 3: false} {
		got := r.stuck(t.Context(), river.JobStuckHandlerParams{ID: 7, Kind: "test.task", TotalStuckJobs: total})
		if got.AddWorkerSlot != want {
			t.Errorf("of %d stuck runs, the slot of the last is replaced: %t", total, got.AddWorkerSlot)
		}
	}
	if n := strings.Count(out.String(), "task=test.task run=7"); n != 3 {
		t.Errorf("reported %d times: %s", n, &out)
	}
}
