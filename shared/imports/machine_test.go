package imports_test

import (
	"testing"
	"time"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/imports"
	"github.com/fualab/fualab/shared/model"
)

var states = append([]imports.State{imports.Uploading}, append(imports.Begun(), imports.Over()...)...)

func at(second int) model.Time {
	return model.NewTime(time.Date(2030, 1, 31, 12, 0, second, 0, time.UTC))
}

// TestStates proves that each state is before, during or after a worker's work.
func TestStates(t *testing.T) {
	t.Parallel()
	over := map[imports.State]bool{imports.Completed: true, imports.Failed: true, imports.Cancelled: true}
	for _, s := range states {
		if s.Ended() != over[s] {
			t.Errorf("%s has ended: %t", s, s.Ended())
		}
	}
}

// TestUpload proves that parts are accepted in order until the file is
// complete.
func TestUpload(t *testing.T) {
	t.Parallel()
	i := new(imports.Import)
	i.Start(at(0))
	if i.State != imports.Uploading || i.CreatedAt != at(0) || i.UpdatedAt != at(0) || i.PhaseAt != at(0) {
		t.Errorf("it begins as %+v", i)
	}
	i.BytesReceived = 7
	if err := i.Awaits(7); err != nil {
		t.Error(err)
	}
	if err := i.Awaits(6); !errs.Is(err, errs.Conflict) {
		t.Errorf("a part that was sent: %v, want a conflict", err)
	}
	i.Uploaded(at(1))
	if i.State != imports.Queued || i.UpdatedAt != at(1) {
		t.Errorf("complete, it is %+v", i)
	}
	if err := i.Awaits(7); !errs.Is(err, errs.Conflict) {
		t.Errorf("a part behind the end: %v, want a conflict", err)
	}
}

// TestCancel proves that an import ends at once before a worker begins, by the
// worker afterwards, and not at all once it has ended.
func TestCancel(t *testing.T) {
	t.Parallel()
	for _, state := range states {
		i := &imports.Import{State: state}
		changed, err := i.Cancel(at(1))
		switch state {
		case imports.Uploading, imports.Queued:
			if !changed || err != nil || i.State != imports.Cancelled || *i.FinishedAt != at(1) {
				t.Errorf("%s: %t, %v, %+v", state, changed, err, i)
			}
		case imports.Validating, imports.Importing:
			if !changed || err != nil || i.State != state || !i.CancelRequested || i.FinishedAt != nil || i.UpdatedAt != at(1) {
				t.Errorf("%s: %t, %v, %+v", state, changed, err, i)
			}
		case imports.Cancelled:
			if changed || err != nil {
				t.Errorf("%s: %t, %v", state, changed, err)
			}
		default:
			if changed || !errs.Is(err, errs.Conflict) {
				t.Errorf("%s: %t, %v, want a conflict", state, changed, err)
			}
		}
	}
}

// TestAdvance follows an import from one batch to the next.
func TestAdvance(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		i     imports.Import
		last  bool
		want  imports.State
		again bool
	}{
		"a batch of many":                       {imports.Import{State: imports.Validating}, false, imports.Validating, false},
		"the last row is valid":                 {imports.Import{State: imports.Validating}, true, imports.Importing, true},
		"the last row of a dry run":             {imports.Import{State: imports.Validating, DryRun: true}, true, imports.Completed, false},
		"the last row is in":                    {imports.Import{State: imports.Importing}, true, imports.Completed, false},
		"as many rejected as may be":            {imports.Import{State: imports.Validating, Rejected: 2, MaxErrors: 2}, true, imports.Importing, true},
		"one too many, at the end":              {imports.Import{State: imports.Validating, Rejected: 3, MaxErrors: 2}, true, imports.Failed, false},
		"one too many, others may follow":       {imports.Import{State: imports.Validating, Rejected: 3, MaxErrors: 2}, false, imports.Validating, false},
		"one too many, and faults enough":       {imports.Import{State: imports.Validating, Rejected: 3, MaxErrors: 2, Faults: imports.MostErrors}, false, imports.Failed, false},
		"one too many while rows are imported":  {imports.Import{State: imports.Importing, Rejected: 3, MaxErrors: 2}, false, imports.Failed, false},
		"a dry run in which too many are wrong": {imports.Import{State: imports.Validating, DryRun: true, Rejected: 1}, true, imports.Failed, false},
	} {
		i := tt.i
		i.UpdatedAt, i.RowsRead, i.BytesRead, i.Inserted = at(1), 9, 99, 5
		again := i.Advance(tt.last)
		if i.State != tt.want || again != tt.again {
			t.Errorf("%s: %s, again %t; want %s, %t", name, i.State, again, tt.want, tt.again)
		}
		if ended := i.FinishedAt != nil; ended != tt.want.Ended() {
			t.Errorf("%s: finished %t", name, ended)
		}
		if tt.again && (i.RowsRead != 0 || i.BytesRead != 0 || i.Inserted != 0 || *i.RowsTotal != 9 || *i.BytesTotal != 99 || i.PhaseAt != at(1)) {
			t.Errorf("%s: it begins again as %+v", name, i)
		}
		if counted := i.Inserted; tt.want == imports.Failed && (counted == 0) != (tt.i.State == imports.Validating) {
			t.Errorf("%s: it counts %d rows", name, counted)
		}
	}
}
