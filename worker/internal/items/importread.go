package items

import (
	"context"
	"errors"
	"io"

	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/rowfile"
)

const (
	// importBatchBytes bounds a batch, but for its last row: what is read of the
	// file, unpacked, and what its rows have in memory.
	importBatchBytes = 4 << 20
	// upsertBatch is the most rows of a batch that changes items: all of those are
	// in memory, as large as they may be.
	upsertBatch = 50
)

// errImportCancelled ends the reading of an import that is to stop.
var errImportCancelled = errors.New("the import is to be cancelled")

// importBatch is what is read of a file at a time.
type importBatch struct {
	rows []importRow
	mark rowfile.Mark // behind them
	last bool         // nothing follows
	err  error
}

// importRow is a row, and what it comes to as a new item.
type importRow struct {
	*items.Row
	fields items.Fields
	faults []rowfile.Fault
	item   *items.Item // without its times; nil where none is wanted, or of a faulty row
}

// importReader reads a file a batch ahead, while what it has read is written. Its
// reader has to stop it.
type importReader struct {
	batches chan importBatch
	cancel  context.CancelFunc
	ended   chan struct{}
}

// importSource is what an importReader reads.
type importSource struct {
	open  func(ctx context.Context) (*items.Reader, error)
	more  func(ctx context.Context) error // asked before each batch is read; an error ends the reading
	built bool                            // whether rows are wanted as new items
	rows  int                             // most of a batch
}

// readImport reads a file.
func readImport(ctx context.Context, from importSource) *importReader {
	ctx, cancel := context.WithCancel(ctx)
	r := &importReader{make(chan importBatch), cancel, make(chan struct{})}
	go func() {
		defer close(r.ended)
		var file *items.Reader
		for {
			err := from.more(ctx)
			if err == nil && file == nil {
				file, err = from.open(ctx)
			}
			b := importBatch{err: err}
			if err == nil {
				b = readBatch(file, from.built, from.rows)
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

// readBatch reads at most the given number of rows.
func readBatch(file *items.Reader, built bool, most int) (b importBatch) {
	from, size := file.Mark().Bytes, 0
	for len(b.rows) < most && size < importBatchBytes && file.Mark().Bytes-from < importBatchBytes {
		row, err := file.Next()
		if errors.Is(err, io.EOF) {
			b.last = true
			break
		}
		if err != nil {
			return importBatch{err: err}
		}
		r := importRow{Row: row}
		r.fields, r.faults = row.Apply(items.Fields{})
		size += row.Size() + len(r.fields.Attributes)
		if built && len(r.faults) == 0 {
			r.item = items.New(r.fields, model.Time{})
			size += len(r.item.SearchText)
		}
		b.rows = append(b.rows, r)
	}
	b.mark = file.Mark()
	return b
}
