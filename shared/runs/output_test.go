package runs_test

import (
	"testing"
	"time"

	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// TestAppendProgress proves that a log of any length keeps its first and last
// entry, in order, and stays short.
func TestAppendProgress(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	var log []runs.Progress
	for n := range int64(10_000) {
		log = runs.AppendProgress(log, runs.Progress{At: model.NewTime(begin.Add(time.Duration(n) * time.Second)), Attempt: 1, RowsAffected: n})
		if len(log) > runs.MostProgress || log[0].RowsAffected != 0 || log[len(log)-1].RowsAffected != n {
			t.Fatalf("after %d: %d entries, from %+v to %+v", n+1, len(log), log[0], log[len(log)-1])
		}
		for i := 1; i < len(log); i++ {
			if log[i].RowsAffected <= log[i-1].RowsAffected {
				t.Fatalf("after %d: entry %d is %+v after %+v", n+1, i, log[i], log[i-1])
			}
		}
	}
}
