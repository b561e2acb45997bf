package task

import "context"

const (
	// BatchSize is how many rows one transaction writes: enough that its
	// commit costs little, few enough that clients do not wait for it.
	BatchSize = 1000
	// MaxBatches bounds a pass, so that it ends even if others add to its
	// work as fast as it does it. The next run finds the rest.
	MaxBatches = 2000
)

// Changes is the work of one batch.
type Changes struct {
	Rows int64
	IDs  []int64 // of those rows that the task's Event is about
}

// Batch does the next part of a pass. It returns the changes, and whether there
// is more to do.
type Batch func(ctx context.Context) (done Changes, more bool, err error)

// InBatches takes batches until one says that there is no more, at most
// MaxBatches. It adds their changes to soFar, and reports them. It stops between
// two batches when ctx ends.
func InBatches(ctx context.Context, soFar Result, next Batch) (Result, error) {
	for range MaxBatches {
		if err := ctx.Err(); err != nil {
			return soFar, err
		}
		done, more, err := next(ctx)
		if err != nil {
			return soFar, err
		}
		soFar.RowsAffected += done.Rows
		Report(ctx, soFar, done.IDs...)
		if !more {
			break
		}
	}
	return soFar, nil
}

// UntilShort makes a Batch of a change that takes a limit: fewer rows than
// that were the last ones.
func UntilShort(change func(ctx context.Context, limit int) (int64, error)) Batch {
	return func(ctx context.Context) (Changes, bool, error) {
		rows, err := change(ctx, BatchSize)
		return Changes{Rows: rows}, rows == BatchSize, err
	}
}
