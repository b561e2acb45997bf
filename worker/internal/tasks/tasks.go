// Package tasks holds the background tasks, a file each. Adding one is its
// file, its line in All and its runbook.
package tasks

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/worker/internal/store"
	"github.com/fualab/fualab/worker/internal/task"
)

// Deps is what tasks work with.
type Deps struct {
	Store          *store.Store
	Publish        func(events.Event) // nil: nobody is told
	Now            func() time.Time
	ItemRetention  time.Duration // how long a deleted item is kept
	RunRetention   time.Duration // how long a run is kept
	EventRetention time.Duration // how long an item's events are kept, to count them again
}

// All returns every task.
func All(d Deps) []task.Task {
	return []task.Task{
		enrichItems(d),
		expireItems(d),
		purgeItems(d),
		rollupStats(d),
		pruneRuns(d),
		pruneKeys(d),
		importItems(d),
	}
}

const (
	// batchSize is how many rows one transaction writes: enough that its
	// commit costs little, few enough that clients do not wait for it.
	batchSize = 1000
	// maxBatches bounds a pass, so that it ends even if others add to its
	// work as fast as it does it. The next run finds the rest.
	maxBatches = 2000
)

// batch does the next part of a pass. It returns what that changed and whether
// there is more to do.
type batch func(ctx context.Context) (done store.Changes, more bool, err error)

// inBatches takes batches until one says that there is no more, and adds what
// they did to soFar. It stops between two of them when ctx ends.
func inBatches(ctx context.Context, soFar task.Result, next batch) (task.Result, error) {
	for range maxBatches {
		if err := ctx.Err(); err != nil {
			return soFar, err
		}
		done, more, err := next(ctx)
		if err != nil {
			return soFar, err
		}
		soFar.RowsAffected += done.Rows
		task.Report(ctx, soFar, done.Items...)
		if !more {
			break
		}
	}
	return soFar, nil
}

// untilShort makes a batch of a change that takes a limit: fewer rows than
// that were the last ones.
func untilShort(change func(ctx context.Context, limit int) (int64, error)) batch {
	return func(ctx context.Context) (store.Changes, bool, error) {
		rows, err := change(ctx, batchSize)
		return store.Changes{Rows: rows}, rows == batchSize, err
	}
}
