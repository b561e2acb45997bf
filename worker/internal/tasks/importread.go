package tasks

import (
	"context"
	"errors"
	"io"

	"github.com/fualab/fualab/shared/itemfile"
	"github.com/fualab/fualab/shared/model"
)

// importBatchBytes bounds what a batch of rows has in memory.
const importBatchBytes = 4 << 20

// importBatch is what is read of a file at a time.
type importBatch struct {
	rows []importRow
	mark itemfile.Mark // behind them
	last bool          // nothing follows
	err  error
}

// importRow is a row, and what it comes to as a new item.
type importRow struct {
	*itemfile.Row
	fields model.ItemFields
	faults []itemfile.Fault
	item   *model.Item // without its times; nil where none is wanted, or of a faulty row
}

// importReader reads a file a batch ahead, while what it has read is written. Its
// reader has to stop it.
type importReader struct {
	batches chan importBatch
	cancel  context.CancelFunc
	ended   chan struct{}
}

// readImport reads the file that open opens, as items if they are wanted.
func readImport(ctx context.Context, open func(ctx context.Context) (*itemfile.Reader, error), items bool) *importReader {
	ctx, cancel := context.WithCancel(ctx)
	r := &importReader{make(chan importBatch), cancel, make(chan struct{})}
	go func() {
		defer close(r.ended)
		file, err := open(ctx)
		for {
			b := importBatch{err: err}
			if err == nil {
				b = readBatch(file, items)
			}
			select {
			case r.batches <- b:
			case <-ctx.Done():
				return
			}
			if b.last || b.err != nil {
				return
			}
		}
	}()
	return r
}

// next is not called behind the last batch, or an error.
func (r *importReader) next(ctx context.Context) importBatch {
	select {
	case b := <-r.batches:
		return b
	case <-ctx.Done():
		return importBatch{err: ctx.Err()}
	}
}

// stop returns when nothing is read any more.
func (r *importReader) stop() {
	r.cancel()
	<-r.ended
}

func readBatch(file *itemfile.Reader, items bool) (b importBatch) {
	from := file.Mark().Bytes
	for len(b.rows) < batchSize && file.Mark().Bytes-from < importBatchBytes {
		row, err := file.Next()
		if errors.Is(err, io.EOF) {
			b.last = true
			break
		}
		if err != nil {
			return importBatch{err: err}
		}
		r := importRow{Row: row}
		r.fields, r.faults = row.Apply(model.ItemFields{})
		if items && len(r.faults) == 0 {
			r.item = model.NewItem(r.fields, model.Time{})
		}
		b.rows = append(b.rows, r)
	}
	b.mark = file.Mark()
	return b
}
