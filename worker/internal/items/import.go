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
	// mostImports bounds a pass; the API has no more of them at a time.
	mostImports = 100
	// importPatience is how long a pass takes up work at most; with it a long import
	// has its successes within the alert's three minutes.
	importPatience = 90 * time.Second
	// importTries is how often a batch is tried that others get in the way of.
	importTries = 5
	// uploadPatience is how long an upload may stand still.
	uploadPatience = 24 * time.Hour
	// mostDeaths is how many passes of an import may end without a word, as those
	// of a worker that is killed do, before it fails: they have not moved its mark.
	mostDeaths = 2
	// releaseTime bounds the note that a pass has ended in order.
	releaseTime = 2 * time.Second
)

// Import is the task that takes imports from where they are to their end, the oldest first.
// A complete upload makes a run of its own; the schedule finds what a lost one
// left.
func Import(d Deps) task.Task {
	return task.Task{
		Name:          items.ImportTask,
		Summary:       "Reads uploaded files of items, and clears what is left of old ones",
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

// untilNextPass is shortly before a full minute, when the next pass begins, which
// would not if this one were still at work.
func untilNextPass(now time.Time) time.Time {
	const before = 2 * time.Second
	return now.Add(importPatience - time.Minute).Truncate(time.Minute).Add(time.Minute - before)
}

// clearImports deletes what is left of imports that have ended.
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

// importPass takes one import to its end, or as far as it gets, batch by batch.
// Each is a transaction with the import's mark, so that one that was cut short
// never was, and the next pass goes on behind the last.
type importPass struct {
	Deps
	store  importStore
	until  time.Time // when no other batch is begun
	i      *imports.Import
	result *task.Result

	told              time.Time // when somebody was last told, and of what
	inserted, updated int64
}

func (p *importPass) run(ctx context.Context) error {
	if err := p.begin(ctx); err != nil || p.i.State.Ended() {
		p.tell(true)
		return err
	}
	err := p.goOn(ctx)
	if stopped := ctx.Err(); err != nil && stopped != nil {
		err = errors.Join(stopped, err) // a transaction that ctx ended says only that it is done
	}
	inOrder := err == nil || errors.Is(err, errMoved) || errs.Is(err, errs.Unavailable) || ctx.Err() != nil
	if inOrder && !p.i.State.Ended() {
		err = errors.Join(err, p.release(ctx))
	}
	p.tell(true)
	return err
}

// begin notes that a pass has begun, before it reads anything. An import whose
// passes die where its mark is fails, so that the next one has its turn.
func (p *importPass) begin(ctx context.Context) error {
	return p.change(ctx, func(_ context.Context, _ importTx, i *imports.Import) error {
		if i.PassesBegun < mostDeaths {
			i.PassesBegun++
			return nil
		}
		i.Stop(imports.Failed, fmt.Sprintf("%d attempts to read on behind line %d made the worker end without finishing a batch; its log may have the cause, such as a lack of memory. "+
			"Make the rows there smaller and import the file again.", mostDeaths, i.Line))
		return nil
	})
}

// release notes that the pass has ended in order, and with it its worker if ctx
// has ended.
func (p *importPass) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	return p.store.release(ctx, p.i.ID)
}

// goOn takes the import to its end, or as far as the pass gets.
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
		if phase == imports.Validating && p.i.State == imports.Importing { // from the beginning
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

// over is whether the pass has had its time. It is asked behind a batch, so that
// every pass gets further.
func (p *importPass) over() bool { return !p.Now().Before(p.until) }

// read has the file read from the import's mark on, unless it is to be cancelled.
func (p *importPass) read(ctx context.Context) *importReader {
	i := *p.i // which changes meanwhile
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

// batch reads the next rows and does with them what the phase is for.
func (p *importPass) batch(ctx context.Context, file *importReader) error {
	if p.i.State == imports.Queued {
		return p.change(ctx, func(_ context.Context, _ importTx, i *imports.Import) error {
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
		err := p.change(ctx, func(ctx context.Context, tx importTx, i *imports.Import) error {
			// What validation has found to be so is believed at first; the database
			// refuses it if it no longer is.
			sure := try == 1 && i.State == imports.Importing && i.Mode == imports.Insert && i.IDsDistinct
			known, err := learn(ctx, tx, i, b.rows, sure)
			if err != nil {
				return err
			}
			return p.take(ctx, tx, i, sortRows(i, b.rows, known), b.mark, b.last)
		})
		if err == nil {
			p.count(ctx, before)
		}
		// Somebody has made an item with one of the ids meanwhile; the next try
		// sees it.
		if try == importTries || !errs.Is(err, errs.Conflict) {
			return err
		}
	}
}

// count reports what a batch has changed.
func (p *importPass) count(ctx context.Context, before imports.Import) {
	if before.State == imports.Importing {
		p.result.RowsAffected += p.i.Inserted + p.i.Updated - before.Inserted - before.Updated
		task.Report(ctx, *p.result)
	}
}

// change takes the import further, unless somebody wants it to stop.
func (p *importPass) change(ctx context.Context, f func(ctx context.Context, tx importTx, i *imports.Import) error) error {
	err := p.store.on(ctx, p.i, func(ctx context.Context, tx importTx, i *imports.Import) error {
		i.UpdatedAt = model.NewTime(p.Now())
		if i.CancelRequested {
			i.Stop(imports.Cancelled, "")
			return nil
		}
		return f(ctx, tx, i)
	})
	if err == nil {
		p.tell(false)
	}
	return err
}

func (p *importPass) end(ctx context.Context, state imports.State, reason string) error {
	return p.change(ctx, func(_ context.Context, _ importTx, i *imports.Import) error {
		i.Stop(state, reason)
		return nil
	})
}

// take does with the rows up to mark what the phase is for.
func (p *importPass) take(ctx context.Context, tx importTx, i *imports.Import, s *sorted, mark rowfile.Mark, last bool) error {
	if i.State == imports.Importing && i.Rejected+s.rejected > i.MaxErrors { // it ends here
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
		return tx.forgetFaults(ctx) // they are found again
	}
	return nil
}

// tell publishes how far the import has got, once a second and at its end.
func (p *importPass) tell(always bool) {
	now := p.Now()
	if !always && now.Sub(p.told) < time.Second {
		return
	}
	p.told = now
	if p.Publish == nil {
		return
	}
	p.Publish(events.OfImport(p.i))
	if p.i.DryRun || p.i.RowsTotal == nil {
		return // no item has changed
	}
	if n := p.i.Inserted - p.inserted; n > 0 {
		p.Publish(events.Event{Type: items.EventCreated, At: p.i.UpdatedAt, Count: n})
	}
	if n := p.i.Updated - p.updated; n > 0 {
		p.Publish(events.Event{Type: items.EventUpdated, At: p.i.UpdatedAt, Count: n})
	}
	p.inserted, p.updated = p.i.Inserted, p.i.Updated
}
