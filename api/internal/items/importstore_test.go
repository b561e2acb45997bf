package items

import (
	"log/slog"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/imports"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
)

// ticking is a clock that goes on by a second with each look.
func ticking() func() time.Time {
	now := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	return func() time.Time {
		now = now.Add(time.Second)
		return now
	}
}

func newImportStore(t *testing.T, db *database.DB) *importStore {
	t.Helper()
	queue, err := runs.NewInserter(db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return &importStore{db, queue, ticking()}
}

// newImport makes an import in a state.
func newImport(t *testing.T, db *database.DB, s *importStore, state string) int64 {
	t.Helper()
	i := &imports.Import{Format: "csv", Mode: "insert", Delimiter: "comma", LimitBytes: 100}
	if err := s.CreateImport(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE imports SET state = ? WHERE id = ?", state, i.ID); err != nil {
		t.Fatal(err)
	}
	return i.ID
}

// TestCancelledImport: each state has its way; one that has ended stays.
func TestCancelledImport(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := newImportStore(t, db)
		for _, tt := range []struct {
			state, want string
			requested   bool
			finished    bool
			refused     bool
		}{
			{"uploading", "cancelled", true, true, false},
			{"queued", "cancelled", true, true, false},
			{"validating", "validating", true, false, false},
			{"importing", "importing", true, false, false},
			{"cancelled", "cancelled", false, false, false},
			{"completed", "completed", false, false, true},
			{"failed", "failed", false, false, true},
		} {
			id := newImport(t, db, s, tt.state)
			_, err := s.CancelImport(t.Context(), id)
			if errs.Is(err, errs.Conflict) != tt.refused || err != nil && !tt.refused {
				t.Errorf("%s: %v", tt.state, err)
			}
			got, err := s.Import(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if string(got.State) != tt.want || got.CancelRequested != tt.requested || (got.FinishedAt != nil) != tt.finished || (got.UpdatedAt != got.CreatedAt) != tt.requested {
				t.Errorf("%s: %+v", tt.state, got)
			}
		}
	})
}

// TestUploadGoesOnWhereItEnds, and only while its file is awaited.
func TestUploadGoesOnWhereItEnds(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := newImportStore(t, db)
		id := newImport(t, db, s, "uploading")
		for _, tt := range []struct {
			offset int64
			says   bool // a conflict
		}{{1, true}, {0, false}, {0, true}, {2, true}, {3, false}, {6, false}} {
			if err := s.AppendImport(t.Context(), id, tt.offset, []byte("abc")); errs.Is(err, errs.Conflict) != tt.says || err != nil && !tt.says {
				t.Errorf("at %d: %v", tt.offset, err)
			}
		}
		if _, err := s.CompleteImport(t.Context(), id, 8); !errs.Is(err, errs.Conflict) {
			t.Errorf("completed before its end: %v", err)
		}
		got, err := s.CompleteImport(t.Context(), id, 9)
		if err != nil || got.State != imports.Queued || got.BytesReceived != 9 || got.UpdatedAt == got.CreatedAt {
			t.Errorf("%+v, %v", got, err)
		}
		if err := s.AppendImport(t.Context(), id, 9, []byte("d")); !errs.Is(err, errs.Conflict) {
			t.Errorf("appended after its end: %v", err)
		}
		n, err := db.NewSelect().Table("river_job").Where("kind = ?", items.ImportTask).Count(t.Context())
		if err != nil || n != 1 {
			t.Errorf("%d runs, %v", n, err)
		}
	})
}

// TestOpenImportsAreBounded, and pages of them.
func TestOpenImportsAreBounded(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := newImportStore(t, db)
		var last int64
		for range 100 {
			last = newImport(t, db, s, "uploading")
		}
		if err := s.CreateImport(t.Context(), &imports.Import{Format: "csv", Mode: "insert", Delimiter: "comma"}); !errs.Is(err, errs.TooManyRequests) {
			t.Errorf("the 101st: %v", err)
		}
		if _, err := s.CancelImport(t.Context(), last); err != nil {
			t.Fatal(err)
		}
		newImport(t, db, s, "uploading")
		if err := s.DropImport(t.Context(), last-1); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Import(t.Context(), last-1); !errs.Is(err, errs.NotFound) {
			t.Errorf("a dropped one: %v", err)
		}
		for _, tt := range []struct {
			before int64
			limit  int
			n      int
			first  int64
			more   bool
		}{{0, 99, 99, last + 1, true}, {0, 100, 100, last + 1, false}, {3, 1, 1, 2, true}, {3, 2, 2, 2, false}, {1, 5, 0, 0, false}} {
			page, more, err := s.Imports(t.Context(), tt.before, tt.limit)
			if err != nil || more != tt.more || len(page) != tt.n || tt.n > 0 && page[0].ID != tt.first {
				t.Errorf("%+v: %d, more %t, %v", tt, len(page), more, err)
			}
		}
	})
}
