package task

import "context"

const (
	// BatchSize is the number of rows of one transaction: large enough for
	// cheap commits, and small enough that clients do not wait.
	BatchSize = 1000
	// MaxBatches is the limit of a pass, so that it ends even if new work
	// arrives as fast. The next run finds the rest.
	MaxBatches = 2000
)

// Changes is the work of one batch.
type Changes struct {
	Rows int64
	IDs  []int64 // the ids of the rows in the task's Event
}

// Batch does the next part of a pass. It returns the changes, and whether more
// work waits.
type Batch func(ctx context.Context) (done Changes, more bool, err error)

// InBatches executes batches until one reports no more work, at most
// MaxBatches. It adds their changes to soFar and reports them. If ctx ends, it
// stops between two batches.
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

// UntilShort makes a Batch of a change with a limit. A change of fewer rows is
// the last one.
func UntilShort(change func(ctx context.Context, limit int) (int64, error)) Batch {
	return func(ctx context.Context) (Changes, bool, error) {
		rows, err := change(ctx, BatchSize)
		return Changes{Rows: rows}, rows == BatchSize, err
	}
}
