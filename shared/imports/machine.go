package imports

import (
	"fmt"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// State is where an import is in its life:
//
//	uploading → queued → validating → importing → completed
//
// A dry run is completed behind validating. An import may fail while a worker
// reads it, and may be cancelled until it has ended. The methods of Import below
// are all of its transitions, except one: a worker cancels an upload that has
// stood still for too long by SQL.
type State string

// The states of an import.
const (
	Uploading  State = "uploading"  // its file is not all there
	Queued     State = "queued"     // waits for a worker
	Validating State = "validating" // every row is looked at; none is written
	Importing  State = "importing"  // rows are written
	Completed  State = "completed"
	Failed     State = "failed"
	Cancelled  State = "cancelled"
)

// Begun are the states of an import that a worker has to take further.
func Begun() []State { return []State{Queued, Validating, Importing} }

// Over are the states of an import to which nothing more will happen.
func Over() []State { return []State{Completed, Failed, Cancelled} }

// Ended reports whether nothing more will happen to an import.
func (s State) Ended() bool { return s == Completed || s == Failed || s == Cancelled }

// Start makes i an import whose file is to come.
func (i *Import) Start(now model.Time) {
	i.State, i.CreatedAt, i.UpdatedAt, i.PhaseAt = Uploading, now, now, now
}

// Awaits returns an errs.Conflict error unless i's file goes on at offset.
func (i *Import) Awaits(offset int64) error {
	switch {
	case i.State != Uploading:
		return errs.Newf(errs.Conflict, "The file of this import is complete, or not wanted any more: it is %s.", i.State)
	case i.BytesReceived != offset:
		return errs.Newf(errs.Conflict, "The upload goes on at byte %d: send Upload-Offset: %d and what follows from there.", i.BytesReceived, i.BytesReceived)
	}
	return nil
}

// Uploaded says that the file of i, which Awaits has checked, is all there.
func (i *Import) Uploaded(now model.Time) { i.State, i.UpdatedAt = Queued, now }

// Cancel ends an import that no worker has begun with, and asks the worker that
// has to stop; see Stop. It reports whether that changes i, and returns an
// errs.Conflict error for an import that has ended otherwise.
func (i *Import) Cancel(now model.Time) (changed bool, err error) {
	switch i.State {
	case Cancelled:
		return false, nil
	case Completed, Failed:
		return false, errs.New(errs.Conflict, "The import has already ended, so there is nothing to cancel.")
	case Uploading, Queued:
		i.State, i.FinishedAt = Cancelled, &now
	}
	i.CancelRequested, i.UpdatedAt = true, now
	return true, nil
}

// Validate begins the first phase of a queued import.
func (i *Import) Validate(now model.Time) { i.State, i.PhaseAt = Validating, now }

// Stop ends an import before its end, at UpdatedAt: as Failed, with the reason
// for the client, or as Cancelled. Nothing is in of an import that was being
// validated, so that it counts nothing.
func (i *Import) Stop(state State, reason string) {
	if i.State != Importing {
		i.Inserted, i.Updated, i.Unchanged = 0, 0, 0
	}
	i.State, i.Error, i.FinishedAt = state, reason, &i.UpdatedAt
}

// Advance ends a phase that is over: at the last row, or when more rows were
// rejected than may be. It reports whether the file is read again from its
// beginning, for which the caller deletes the kept faults.
func (i *Import) Advance(last bool) (again bool) {
	switch tooMany := i.Rejected > i.MaxErrors; {
	case tooMany && (last || i.State == Importing || i.Faults >= MostErrors):
		i.Stop(Failed, fmt.Sprintf("%d rows were rejected, and max_errors is %d.", i.Rejected, i.MaxErrors))
	case !last:
	case i.DryRun, i.State == Importing:
		i.State, i.FinishedAt = Completed, &i.UpdatedAt
		i.RowsTotal, i.BytesTotal = &i.RowsRead, &i.BytesRead
	default:
		rows, bytes := i.RowsRead, i.BytesRead
		i.RowsTotal, i.BytesTotal = &rows, &bytes
		i.State, i.PhaseAt = Importing, i.UpdatedAt
		i.IDsDistinct = i.Rejected == 0
		i.BytesRead, i.Line, i.RowsRead = 0, 0, 0
		i.Inserted, i.Updated, i.Unchanged, i.Rejected, i.Faults = 0, 0, 0, 0, 0
		return true
	}
	return false
}
