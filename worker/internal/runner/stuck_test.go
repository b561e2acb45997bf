package runner

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/riverqueue/river"
)

// TestStuckRuns proves that a run that ignores its timeout is reported and
// loses its slot, up to the number of slots.
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
