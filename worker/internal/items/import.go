package items

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/imports"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/rowfile"
	"github.com/fualab/fualab/worker/internal/task"
)

const (
	// mostImports is the largest number of imports of a pass; the API allows no
	// more at a time.
	mostImports = 100
	// importPatience is the time in which a pass begins batches. With it, a
	// long import has successes within the alert's three minutes.
	importPatience = 90 * time.Second
	// importTries is the number of attempts for a batch that conflicts with
	// other writers.
	importTries = 5
	// uploadPatience is the longest pause of an upload.
	uploadPatience = 24 * time.Hour
	// mostDeaths is the number of passes that may end without a release while
	// the mark of the import does not move, as when a worker is killed. After
	// that, the import fails.
	mostDeaths = 2
	// releaseTime is the limit of the note that a pass has ended in order.
	releaseTime = 2 * time.Second
)

// Import is the task that takes imports from their present state to their end,
// the oldest first. A complete upload starts a run. If its notification is
// lost, the schedule does.
//
//	pass:   begin ──→ batch ──→ batch ──→ … ──→ release
//	          │          └ one transaction: rows, faults, counts and the mark
//	          └ passes_begun + 1; release takes it back
//
// Invariants: a batch and the import's mark commit together. So a pass that is
// cut short leaves no partial batch, and the next pass continues at the mark.
// Only one worker moves a mark; the other one gets errMoved. An import that
// kills its workers fails after mostDeaths passes without progress.
func Import(d Deps) task.Task {
	return task.Task{
		Name:          items.ImportTask,
		Summary:       "Reads uploaded files of items, and deletes the data of ended imports",
		Cron:          "* * * * *",
		MissedPolicy:  model.MissedOnce,
		OverlapPolicy: model.OverlapSkip,
		Timeout:       5 * time.Minute,
		Run: func(ctx context.Context) (task.Result, error) {
			all := importStore{d.DB}
			var result task.Result
			var last int64
			until := untilNextPass(d.Now())
			for range mostImports {
				i, err := all.next(ctx, last)
				if errs.Is(err, errs.NotFound) {
					break
				}
				if err != nil {
					return result, err
				}
				last = i.ID
				p := importPass{Deps: d, store: all, until: until, i: i, result: &result}
				if err := p.run(ctx); err != nil && !errors.Is(err, errMoved) {
					return result, err
				}
				if p.over() {
					break
				}
			}
			return clearImports(ctx, d, all, result)
		},
	}
}

// untilNextPass is a time shortly before a full minute. Then the next pass is
// due, which would not begin if this one were still working.
func untilNextPass(now time.Time) time.Time {
	const before = 2 * time.Second
	return now.Add(importPatience - time.Minute).Truncate(time.Minute).Add(time.Minute - before)
}

// clearImports deletes the data of ended imports.
func clearImports(ctx context.Context, d Deps, all importStore, result task.Result) (task.Result, error) {
	now := d.Now()
	if _, err := all.abandon(ctx, model.NewTime(now.Add(-uploadPatience)), model.NewTime(now), task.BatchSize); err != nil {
		return result, err
	}
	for range task.MaxBatches {
		n, err := all.clear(ctx, 10*task.BatchSize)
		if err != nil {
			return result, err
		}
		if n == 0 {
			break
		}
	}
	_, err := all.prune(ctx, model.NewTime(now.Add(-d.ImportRetention)), task.BatchSize)
	return result, err
}

// importPass takes one import to its end, or as far as its time allows, batch
// by batch. Each batch is a transaction with the import's mark. An interrupted
// batch has no effect, and the next pass continues after the last one.
type importPass struct {
	Deps
	store  importStore
	until  time.Time // no batch begins after this time
	i      *imports.Import
	result *task.Result

	published         time.Time // time and state of the last published event
	inserted, updated int64
}

func (p *importPass) run(ctx context.Context) error {
	if err := p.begin(ctx); err != nil || p.i.State.Ended() {
		p.publish(true)
		return err
	}
	err := p.goOn(ctx)
	if stopped := ctx.Err(); err != nil && stopped != nil {
		err = errors.Join(stopped, err) // a transaction that ctx ended reports only that it is done
	}
	inOrder := err == nil || errors.Is(err, errMoved) || errs.Is(err, errs.Unavailable) || ctx.Err() != nil
	if inOrder && !p.i.State.Ended() {
		err = errors.Join(err, p.release(ctx))
	}
	p.publish(true)
	return err
}

// begin records the beginning of a pass before it reads the file. If the passes
// of an import die at its mark, the import fails, so that the next import has
// its turn.
func (p *importPass) begin(ctx context.Context) error {
	return p.advance(ctx, func(_ context.Context, _ importTx, i *imports.Import) error {
		if i.PassesBegun < mostDeaths {
			i.PassesBegun++
			return nil
		}
		i.Stop(imports.Failed, fmt.Sprintf("%d attempts to read after line %d ended the worker before it had finished a batch. The worker's log may have the cause, such as a lack of memory. "+
			"Make the rows there smaller, and import the file again.", mostDeaths, i.Line))
		return nil
	})
}

// release records that the pass has ended in order. If ctx has ended, the
// worker ends, too.
func (p *importPass) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	return p.store.release(ctx, p.i.ID)
}

// goOn takes the import to its end, or as far as the time of the pass allows.
func (p *importPass) goOn(ctx context.Context) error {
	file := p.read(ctx)
	defer func() { file.stop() }()
	var err error
	for err == nil && !p.i.State.Ended() {
		if err := ctx.Err(); err != nil {
			return err
		}
		phase := p.i.State
		if err = p.batch(ctx, file); err != nil || p.over() {
			break
		}
		if phase == imports.Validating && p.i.State == imports.Importing { // the next phase begins at the beginning of the file
			file.stop()
			file = p.read(ctx)
		}
	}
	var broken *rowfile.Broken
	if errors.As(err, &broken) {
		err = p.end(ctx, imports.Failed, broken.Error()+".")
	}
	return err
}

// over reports whether the time of the pass is over. It is called after a
// batch, so that every pass makes progress.
func (p *importPass) over() bool { return !p.Now().Before(p.until) }

// read starts reading the file at the import's mark, unless the import is to be
// cancelled.
func (p *importPass) read(ctx context.Context) *importReader {
	i := *p.i // p.i changes meanwhile
	rows := task.BatchSize
	if i.Mode == imports.Upsert {
		rows = upsertBatch
	}
	return readImport(ctx, importSource{
		open: func(ctx context.Context) (*items.Reader, error) { return p.open(ctx, &i) },
		more: func(ctx context.Context) error {
			cancelled, err := p.store.cancelled(ctx, i.ID)
			if cancelled {
				return errImportCancelled
			}
			return err
		},
		built: i.State == imports.Importing,
		rows:  rows,
	})
}

// open returns the file at the mark of i.
func (p *importPass) open(ctx context.Context, i *imports.Import) (*items.Reader, error) {
	options := rowfile.Options{Format: i.Format, Delimiter: rowfile.Delimiters[i.Delimiter]}
	if i.Columns != "" {
		if err := json.Unmarshal([]byte(i.Columns), &options.Columns); err != nil {
			return nil, fmt.Errorf("the columns of import %d: %w", i.ID, err)
		}
	}
	begin, err := rowfile.Unpack(p.store.file(ctx, i.ID, 0), i.LimitBytes)
	if err != nil {
		return nil, err
	}
	file, err := items.NewReader(begin, options)
	if err != nil || i.RowsRead == 0 {
		return file, err
	}
	rest, err := rowfile.Unpack(p.store.file(ctx, i.ID, 0), i.LimitBytes)
	if err == nil {
		_, err = io.CopyN(io.Discard, rest, i.BytesRead)
	}
	if err != nil {
		return nil, err
	}
	file.Resume(rest, rowfile.Mark{Bytes: i.BytesRead, Line: i.Line, Rows: i.RowsRead})
	return file, nil
}

// batch reads the next rows and processes them for the phase.
func (p *importPass) batch(ctx context.Context, file *importReader) error {
	if p.i.State == imports.Queued {
		return p.advance(ctx, func(_ context.Context, _ importTx, i *imports.Import) error {
			i.Validate(model.NewTime(p.Now()))
			return nil
		})
	}
	b := file.next(ctx)
	if errors.Is(b.err, errImportCancelled) {
		return p.end(ctx, imports.Cancelled, "")
	}
	if b.err != nil {
		return b.err
	}
	before := *p.i
	for try := 1; ; try++ {
		err := p.advance(ctx, func(ctx context.Context, tx importTx, i *imports.Import) error {
			// The first attempt relies on the result of the validation. If that
			// is out of date, the database refuses the batch.
			skipLookup := try == 1 && i.State == imports.Importing && i.Mode == imports.Insert && i.IDsDistinct
			found, err := lookUp(ctx, tx, i, b.rows, skipLookup)
			if err != nil {
				return err
			}
			return p.apply(ctx, tx, i, planRows(i, b.rows, found), b.mark, b.last)
		})
		if err == nil {
			p.count(ctx, before)
		}
		// Another writer has created an item with one of the ids. The next
		// attempt finds it.
		if try == importTries || !errs.Is(err, errs.Conflict) {
			return err
		}
	}
}

// count reports the changes of a batch.
func (p *importPass) count(ctx context.Context, before imports.Import) {
	if before.State == imports.Importing {
		p.result.RowsAffected += p.i.Inserted + p.i.Updated - before.Inserted - before.Updated
		task.Report(ctx, *p.result)
	}
}

// advance changes the import in a transaction, unless a user has cancelled it.
func (p *importPass) advance(ctx context.Context, f func(ctx context.Context, tx importTx, i *imports.Import) error) error {
	err := p.store.on(ctx, p.i, func(ctx context.Context, tx importTx, i *imports.Import) error {
		i.UpdatedAt = model.NewTime(p.Now())
		if i.CancelRequested {
			i.Stop(imports.Cancelled, "")
			return nil
		}
		return f(ctx, tx, i)
	})
	if err == nil {
		p.publish(false)
	}
	return err
}

func (p *importPass) end(ctx context.Context, state imports.State, reason string) error {
	return p.advance(ctx, func(_ context.Context, _ importTx, i *imports.Import) error {
		i.Stop(state, reason)
		return nil
	})
}

// apply processes the rows up to mark for the phase.
func (p *importPass) apply(ctx context.Context, tx importTx, i *imports.Import, s *plan, mark rowfile.Mark, last bool) error {
	if i.State == imports.Importing && i.Rejected+s.rejected > i.MaxErrors { // the import ends here
		s.inserted, s.updated, s.unchanged = nil, nil, 0
	}
	if i.State == imports.Importing {
		if err := errors.Join(tx.insert(ctx, s.inserted), tx.update(ctx, s.updated)); err != nil {
			return err
		}
	}
	if err := tx.keepFaults(ctx, s.faults); err != nil {
		return err
	}
	i.BytesRead, i.Line, i.RowsRead, i.PassesBegun = mark.Bytes, mark.Line, mark.Rows, 0
	i.Inserted += int64(len(s.inserted))
	i.Updated += int64(len(s.updated))
	i.Unchanged += s.unchanged
	i.Rejected += s.rejected
	if i.Advance(last) {
		return tx.forgetFaults(ctx) // the next phase finds them again
	}
	return nil
}

// publish sends events about the progress of the import, once a second and at its end.
func (p *importPass) publish(always bool) {
	now := p.Now()
	if !always && now.Sub(p.published) < time.Second {
		return
	}
	p.published = now
	if p.Publish == nil {
		return
	}
	p.Publish(events.OfImport(p.i))
	if p.i.DryRun || p.i.RowsTotal == nil {
		return // a validation changes no item
	}
	if n := p.i.Inserted - p.inserted; n > 0 {
		p.Publish(events.Event{Type: items.EventCreated, At: p.i.UpdatedAt, Count: n})
	}
	if n := p.i.Updated - p.updated; n > 0 {
		p.Publish(events.Event{Type: items.EventUpdated, At: p.i.UpdatedAt, Count: n})
	}
	p.inserted, p.updated = p.i.Inserted, p.i.Updated
}
