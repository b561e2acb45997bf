package runner

import (
	"context"
	"errors"
	"testing"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

func TestOutcome(t *testing.T) {
	t.Parallel()
	fault := errors.New("fault")
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, tc := range []struct {
		name    string
		ctx     context.Context
		attempt int
		err     error
		want    Outcome
	}{
		{"success", t.Context(), 1, nil, Completed},
		{"success at last", t.Context(), 5, nil, Completed},
		{"success as the worker ends", stopped, 1, nil, Completed},
		{"fault", t.Context(), 4, fault, Failed},
		{"fault of the last attempt", t.Context(), 5, fault, Discarded},
		{"panic of the last attempt", t.Context(), 5, errPanic, Discarded},
		{"its input is at fault", t.Context(), 1, river.JobCancel(fault), Cancelled},
		{"cut short", stopped, 5, fault, Cancelled},
	} {
		if got := outcome(tc.ctx, &rivertype.JobRow{Attempt: tc.attempt, MaxAttempts: 5}, tc.err); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}
