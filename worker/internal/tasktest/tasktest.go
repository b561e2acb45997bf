// Package tasktest runs tasks in tests.
package tasktest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/worker/internal/task"
)

// Pass makes one pass of a task, and expects want affected rows.
func Pass(t *testing.T, of task.Task, want int64) {
	t.Helper()
	result, err := of.Run(t.Context())
	if err != nil || result.RowsAffected != want {
		t.Errorf("%s: %d rows, %v; want %d", of.Name, result.RowsAffected, err, want)
	}
}

// Stopped makes a pass of a task and ends its context at the first report. It
// expects the pass to stop there, after one whole batch.
func Stopped(t *testing.T, of task.Task) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var reported []int64
	ctx = task.WithReporter(ctx, func(soFar task.Result, _ []int64) {
		reported = append(reported, soFar.RowsAffected)
		cancel()
	})
	result, err := of.Run(ctx)
	if !errors.Is(err, context.Canceled) || result.RowsAffected != task.BatchSize || !cmp.Equal(reported, []int64{task.BatchSize}) {
		t.Errorf("%s, stopped: %d rows, reported %v, %v; want one batch", of.Name, result.RowsAffected, reported, err)
	}
}

// Reports makes one pass of a task, and expects it to report the rows with the
// ids want, in any order.
func Reports(t *testing.T, of task.Task, want ...int64) {
	t.Helper()
	var reported []int64
	ctx := task.WithReporter(t.Context(), func(_ task.Result, some []int64) { reported = append(reported, some...) })
	if _, err := of.Run(ctx); err != nil {
		t.Errorf("%s: %v", of.Name, err)
	}
	slices.Sort(reported)
	if diff := cmp.Diff(want, reported); diff != "" {
		t.Errorf("%s reports rows (-want +got):\n%s", of.Name, diff)
	}
}
