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
	// importBatchBytes is the limit of a batch without its last row: of the
	// unpacked bytes of the file, and of the memory of its rows.
	importBatchBytes = 4 << 20
	// upsertBatch is the largest number of rows of a batch that changes items,
	// because all of these items are in memory, at any size.
	upsertBatch = 50
)

// errImportCancelled ends the reading of a cancelled import.
var errImportCancelled = errors.New("the import is to be cancelled")

// importBatch is a batch of rows from a file.
type importBatch struct {
	rows []importRow
	mark rowfile.Mark // the mark after the rows
	last bool         // the end of the file
	err  error
}

// importRow is a row with the new item that it describes.
type importRow struct {
	*items.Row
	fields items.Fields
	faults []rowfile.Fault
	item   *items.Item // without its times; nil if not built, or for a faulty row
}

// importReader reads a file one batch ahead, while the previous batch is
// written. The caller must stop it.
type importReader struct {
	batches chan importBatch
	cancel  context.CancelFunc
	ended   chan struct{}
}

// importSource is the input of an importReader.
type importSource struct {
	open  func(ctx context.Context) (*items.Reader, error)
	more  func(ctx context.Context) error // called before each batch; an error ends the reading
	built bool                            // whether to build new items from rows
	rows  int                             // largest number of rows in a batch
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

// next must not be called after the last batch, or after an error.
func (r *importReader) next(ctx context.Context) importBatch {
	select {
	case b := <-r.batches:
		return b
	case <-ctx.Done():
		return importBatch{err: ctx.Err()}
	}
}

// stop returns when the reading has ended.
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
