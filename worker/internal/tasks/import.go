package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/itemfile"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/worker/internal/store"
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
)

// importItems takes imports from where they are to their end, the oldest first.
// A complete upload makes a run of its own; the schedule finds what a lost one
// left.
func importItems(d Deps) task.Task {
	return task.Task{
		Name:          model.ImportTask,
		Summary:       "Reads uploaded files of items, and clears what is left of old ones",
		Cron:          "* * * * *",
		MissedPolicy:  model.MissedOnce,
		OverlapPolicy: model.OverlapSkip,
		Timeout:       5 * time.Minute,
		Run: func(ctx context.Context) (task.Result, error) {
			var result task.Result
			var last int64
			until := untilNextPass(d.Now())
			for range mostImports {
				i, err := d.Store.NextImport(ctx, last)
				if errs.Is(err, errs.NotFound) {
					break
				}
				if err != nil {
					return result, err
				}
				last = i.ID
				p := importPass{Deps: d, until: until, i: i, result: &result}
				if err := p.run(ctx); err != nil && !errors.Is(err, store.ErrMoved) {
					return result, err
				}
				if p.over() {
					break
				}
			}
			return clearImports(ctx, d, result)
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
func clearImports(ctx context.Context, d Deps, result task.Result) (task.Result, error) {
	now := d.Now()
	if _, err := d.Store.AbandonImports(ctx, model.NewTime(now.Add(-uploadPatience)), model.NewTime(now), batchSize); err != nil {
		return result, err
	}
	for range maxBatches {
		n, err := d.Store.ClearImport(ctx, 10*batchSize)
		if err != nil {
			return result, err
		}
		if n == 0 {
			break
		}
	}
	_, err := d.Store.PruneImports(ctx, model.NewTime(now.Add(-d.RunRetention)), batchSize)
	return result, err
}

// importPass takes one import to its end, or as far as it gets, batch by batch.
// Each is a transaction with the import's mark, so that one that was cut short
// never was, and the next pass goes on behind the last.
type importPass struct {
	Deps
	until  time.Time // when no other batch is begun
	i      *model.Import
	result *task.Result

	told              time.Time // when somebody was last told, and of what
	inserted, updated int64
}

func (p *importPass) run(ctx context.Context) error {
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
		if phase == model.ImportValidating && p.i.State == model.ImportImporting { // from the beginning
			file.stop()
			file = p.read(ctx)
		}
	}
	var broken *itemfile.Broken
	if errors.As(err, &broken) {
		err = p.end(ctx, model.ImportFailed, broken.Error()+".")
	}
	p.tell(true)
	return err
}

// over is whether the pass has had its time. It is asked behind a batch, so that
// every pass gets further.
func (p *importPass) over() bool { return !p.Now().Before(p.until) }

// read has the file read from the import's mark on.
func (p *importPass) read(ctx context.Context) *importReader {
	i := *p.i // which changes meanwhile
	return readImport(ctx, func(ctx context.Context) (*itemfile.Reader, error) { return p.open(ctx, &i) }, i.State == model.ImportImporting)
}

// open returns the file at the mark of i.
func (p *importPass) open(ctx context.Context, i *model.Import) (*itemfile.Reader, error) {
	options := itemfile.Options{Format: i.Format, Delimiter: itemfile.Delimiters[i.Delimiter]}
	if i.Columns != "" {
		if err := json.Unmarshal([]byte(i.Columns), &options.Columns); err != nil {
			return nil, fmt.Errorf("the columns of import %d: %w", i.ID, err)
		}
	}
	begin, err := itemfile.Unpack(p.Store.ImportFile(ctx, i.ID, 0), i.LimitBytes)
	if err != nil {
		return nil, err
	}
	file, err := itemfile.NewReader(begin, options)
	if err != nil || i.RowsRead == 0 {
		return file, err
	}
	rest, err := itemfile.Unpack(p.Store.ImportFile(ctx, i.ID, 0), i.LimitBytes)
	if err == nil {
		_, err = io.CopyN(io.Discard, rest, i.BytesRead)
	}
	if err != nil {
		return nil, err
	}
	file.Resume(rest, itemfile.Mark{Bytes: i.BytesRead, Line: i.Line, Rows: i.RowsRead})
	return file, nil
}

// batch reads the next rows and does with them what the phase is for.
func (p *importPass) batch(ctx context.Context, file *importReader) error {
	if p.i.State == model.ImportQueued {
		return p.change(ctx, func(_ context.Context, _ store.ImportTx, i *model.Import) error {
			i.State, i.PhaseAt = model.ImportValidating, model.NewTime(p.Now())
			return nil
		})
	}
	b := file.next(ctx)
	if b.err != nil {
		return b.err
	}
	before := *p.i
	for try := 1; ; try++ {
		err := p.change(ctx, func(ctx context.Context, tx store.ImportTx, i *model.Import) error {
			// What validation has found to be so is believed at first; the database
			// refuses it if it no longer is.
			sure := try == 1 && i.State == model.ImportImporting && i.Mode == model.ImportInsert && i.IDsDistinct
			known, err := learn(ctx, tx, b.rows, sure)
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
func (p *importPass) count(ctx context.Context, before model.Import) {
	if before.State == model.ImportImporting {
		p.result.RowsAffected += p.i.Inserted + p.i.Updated - before.Inserted - before.Updated
		task.Report(ctx, *p.result)
	}
}

// change takes the import further, unless somebody wants it to stop.
func (p *importPass) change(ctx context.Context, f func(ctx context.Context, tx store.ImportTx, i *model.Import) error) error {
	err := p.Store.OnImport(ctx, p.i, func(ctx context.Context, tx store.ImportTx, i *model.Import) error {
		i.UpdatedAt = model.NewTime(p.Now())
		if i.CancelRequested {
			stop(i, model.ImportCancelled, "")
			return nil
		}
		return f(ctx, tx, i)
	})
	if err == nil {
		p.tell(false)
	}
	return err
}

func (p *importPass) end(ctx context.Context, state model.ImportState, reason string) error {
	return p.change(ctx, func(_ context.Context, _ store.ImportTx, i *model.Import) error {
		stop(i, state, reason)
		return nil
	})
}

// stop ends an import before its end. Of one that was being validated nothing
// is in, so that it counts nothing.
func stop(i *model.Import, state model.ImportState, reason string) {
	if i.State != model.ImportImporting {
		i.Inserted, i.Updated, i.Unchanged = 0, 0, 0
	}
	i.State, i.Error, i.FinishedAt = state, reason, &i.UpdatedAt
}

// take does with the rows up to mark what the phase is for.
func (p *importPass) take(ctx context.Context, tx store.ImportTx, i *model.Import, s *sorted, mark itemfile.Mark, last bool) error {
	if i.State == model.ImportImporting && i.Rejected+s.rejected > i.MaxErrors { // it ends here
		s.inserted, s.updated, s.unchanged = nil, nil, 0
	}
	if i.State == model.ImportImporting {
		if err := errors.Join(tx.InsertItems(ctx, s.inserted), tx.UpdateItems(ctx, s.updated)); err != nil {
			return err
		}
	}
	if err := tx.KeepFaults(ctx, s.faults); err != nil {
		return err
	}
	i.BytesRead, i.Line, i.RowsRead = mark.Bytes, mark.Line, mark.Rows
	i.Inserted += int64(len(s.inserted))
	i.Updated += int64(len(s.updated))
	i.Unchanged += s.unchanged
	i.Rejected += s.rejected
	return p.turn(ctx, tx, i, last)
}

// turn ends a phase that is over.
func (p *importPass) turn(ctx context.Context, tx store.ImportTx, i *model.Import, last bool) error {
	tooMany := i.Rejected > i.MaxErrors
	switch {
	case tooMany && (last || i.State == model.ImportImporting || i.Faults >= model.MostImportErrors):
		stop(i, model.ImportFailed, fmt.Sprintf("%d rows were rejected, and max_errors is %d.", i.Rejected, i.MaxErrors))
	case !last:
	case i.DryRun, i.State == model.ImportImporting:
		i.State, i.FinishedAt = model.ImportCompleted, &i.UpdatedAt
		i.RowsTotal, i.BytesTotal = &i.RowsRead, &i.BytesRead
	default:
		rows, bytes := i.RowsRead, i.BytesRead
		i.RowsTotal, i.BytesTotal = &rows, &bytes
		i.State, i.PhaseAt = model.ImportImporting, i.UpdatedAt
		i.IDsDistinct = i.Rejected == 0
		i.BytesRead, i.Line, i.RowsRead = 0, 0, 0
		i.Inserted, i.Updated, i.Unchanged, i.Rejected, i.Faults = 0, 0, 0, 0, 0
		return tx.ForgetFaults(ctx) // they are found again
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
		p.Publish(events.Event{Type: events.ItemsCreated, At: p.i.UpdatedAt, Count: n})
	}
	if n := p.i.Updated - p.updated; n > 0 {
		p.Publish(events.Event{Type: events.ItemsUpdated, At: p.i.UpdatedAt, Count: n})
	}
	p.inserted, p.updated = p.i.Inserted, p.i.Updated
}
