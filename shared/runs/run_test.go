package runs

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river/rivertype"
)

// TestOf proves that a job of River becomes a run, even without a task.
func TestOf(t *testing.T) {
	t.Parallel()
	noon := time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		job  rivertype.JobRow
		want Run
	}{
		"a scheduled run": {
			rivertype.JobRow{
				ID: 5, Kind: "test.task", State: rivertype.JobStateRunning, Attempt: 2, MaxAttempts: 5, AttemptedBy: []string{"a", "b"},
				CreatedAt: noon, AttemptedAt: &noon, EncodedArgs: []byte(`{"trigger":"schedule","due_at":"2030-01-31T12:00:00Z"}`),
				Metadata: []byte(`{"output":{"rows_affected":3},"cancel_attempted_at":"2030-01-31T12:00:00Z"}`),
				Errors:   []rivertype.AttemptError{{Attempt: 1, At: noon, Error: "not now", Trace: "stack"}},
			},
			Run{
				ID: 5, Task: "test.task", Trigger: Scheduled, DueAt: noon, State: StateRunning, Attempt: 2, MaxAttempts: 5, Worker: "b",
				CreatedAt: noon, StartedAt: &noon, CancelRequested: true, Output: Output{RowsAffected: 3},
				Failures: []Failure{{Attempt: 1, At: noon, Error: "not now", Trace: "stack"}},
			},
		},
		"a run that ended after the request": {
			rivertype.JobRow{State: rivertype.JobStateCompleted, FinalizedAt: &noon, EncodedArgs: []byte(`{"trigger":"manual"}`), Metadata: []byte(`{"cancel_attempted_at":"2030-01-31T12:00:00Z"}`)},
			Run{State: StateCompleted, Trigger: Manual, FinishedAt: &noon, Failures: []Failure{}},
		},
		"a job that is no task's": {
			rivertype.JobRow{Kind: "other", State: rivertype.JobStateAvailable, EncodedArgs: []byte(`{"trigger":"mine"}`), Metadata: []byte(`{"output":"text"}`)},
			Run{Task: "other", State: StateAvailable, Failures: []Failure{}},
		},
		"a job with arguments of its own": {
			rivertype.JobRow{Kind: "other", EncodedArgs: []byte(`[1]`), Metadata: []byte(`{}`)},
			Run{Task: "other", Failures: []Failure{}},
		},
	} {
		if diff := cmp.Diff(&tt.want, Of(&tt.job)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestEnded(t *testing.T) {
	t.Parallel()
	for state, want := range map[State]bool{
		StateAvailable: false, StatePending: false, StateScheduled: false, StateRunning: false, StateRetryable: false,
		StateCompleted: true, StateCancelled: true, StateDiscarded: true,
	} {
		if got := state.Ended(); got != want {
			t.Errorf("%s has ended: %t", state, got)
		}
	}
}
