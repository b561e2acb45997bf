package imports

import (
	"fmt"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// State is a step in the life of an import:
//
//	uploading → queued → validating → importing → completed
//
// A dry run completes after validating. An import may fail while a worker reads
// it, and may be cancelled until it has ended. The methods of Import below are
// all transitions but one: by SQL, a worker cancels an upload without progress.
type State string

// The states of an import.
const (
	Uploading  State = "uploading"  // its file is incomplete
	Queued     State = "queued"     // waits for a worker
	Validating State = "validating" // all rows are checked; none is written
	Importing  State = "importing"  // rows are written
	Completed  State = "completed"
	Failed     State = "failed"
	Cancelled  State = "cancelled"
)

// Begun are the states in which a worker has work to do.
func Begun() []State { return []State{Queued, Validating, Importing} }

// Over are the final states.
func Over() []State { return []State{Completed, Failed, Cancelled} }

// Ended reports whether s is final.
func (s State) Ended() bool { return s == Completed || s == Failed || s == Cancelled }

// Start makes i an import whose file is to come.
func (i *Import) Start(now model.Time) {
	i.State, i.CreatedAt, i.UpdatedAt, i.PhaseAt = Uploading, now, now, now
}

// Awaits returns an errs.Conflict error unless the next part of i's file begins
// at offset.
func (i *Import) Awaits(offset int64) error {
	switch {
	case i.State != Uploading:
		return errs.Newf(errs.Conflict, "This import accepts no more parts of its file: it is %s.", i.State)
	case i.BytesReceived != offset:
		return errs.Newf(errs.Conflict, "The upload goes on at byte %d: send Upload-Offset: %d and the file's bytes from there.", i.BytesReceived, i.BytesReceived)
	}
	return nil
}

// Uploaded marks the file of i, which Awaits has checked, as complete.
func (i *Import) Uploaded(now model.Time) { i.State, i.UpdatedAt = Queued, now }

// Cancel ends an import that no worker has begun. It asks the worker of a begun
// one to stop; see Stop. It reports whether i changes, and returns an
// errs.Conflict error for an import that has already ended otherwise.
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

// Stop ends an import early, at UpdatedAt: as Failed, with the reason for the
// client, or as Cancelled. A stopped validation has written no row, so the
// counts become 0.
func (i *Import) Stop(state State, reason string) {
	if i.State != Importing {
		i.Inserted, i.Updated, i.Unchanged = 0, 0, 0
	}
	i.State, i.Error, i.FinishedAt = state, reason, &i.UpdatedAt
}

// Advance ends a finished phase: at the last row, or when too many rows were
// rejected. It reports whether the next phase reads the file again from the
// beginning; then the caller deletes the stored faults.
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
