package items

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/imports"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// queue stores a queued import with its file in chunks.
func queue(t *testing.T, db *database.DB, chunks ...string) *imports.Import {
	t.Helper()
	at := model.NewTime(noon)
	i := &imports.Import{State: imports.Queued, Format: "csv", Mode: imports.Insert, Delimiter: "comma", CreatedAt: at, UpdatedAt: at, PhaseAt: at}
	if _, err := db.NewInsert().Model(i).ExcludeColumn("id").Returning("id").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := 0
	for _, chunk := range chunks {
		exec(t, db, "INSERT INTO import_chunks (import_id, first_byte, data) VALUES (?, ?, ?)", i.ID, first, []byte(chunk))
		first += len(chunk)
	}
	return i
}

// TestImportFileBeginsAnywhere reads the rest of the file from each offset,
// across its chunks.
func TestImportFileBeginsAnywhere(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := importStore{db}
		queue(t, db, "another file")
		const file = "abcdefgh"
		i := queue(t, db, "abc", "d", "efgh")
		for offset := range len(file) + 3 {
			got, err := io.ReadAll(iotest.OneByteReader(s.file(t.Context(), i.ID, int64(offset))))
			if want := file[min(offset, len(file)):]; err != nil || string(got) != want {
				t.Errorf("from %d: %q, %v; want %q", offset, got, err, want)
			}
		}
		if got, err := io.ReadAll(s.file(t.Context(), i.ID+1, 0)); err != nil || !bytes.Equal(got, []byte{}) {
			t.Errorf("an import without a file: %q, %v", got, err)
		}
	})
}

// TestMovedImportIsLeftAlone proves that f is not called if the import's mark
// has moved.
func TestMovedImportIsLeftAlone(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := importStore{db}
		i := queue(t, db)
		for name, move := range map[string]func(seen *imports.Import){
			"its state": func(seen *imports.Import) { seen.State = imports.Validating },
			"its bytes": func(seen *imports.Import) { seen.BytesRead = 1 },
			"its line":  func(seen *imports.Import) { seen.Line = 1 },
		} {
			seen := *i
			move(&seen)
			err := s.on(t.Context(), &seen, func(context.Context, importTx, *imports.Import) error {
				t.Errorf("%s has moved, and it is taken further", name)
				return nil
			})
			if !errors.Is(err, errMoved) {
				t.Errorf("%s: %v, want errMoved", name, err)
			}
		}
		err := s.on(t.Context(), i, func(_ context.Context, _ importTx, now *imports.Import) error {
			now.BytesRead, now.State = 5, imports.Validating
			return nil
		})
		next, nextErr := s.next(t.Context(), 0)
		if err != nil || nextErr != nil || i.BytesRead != 5 || next.BytesRead != 5 || next.State != imports.Validating {
			t.Errorf("taken further: %+v, %v, %v", next, err, nextErr)
		}
	})
}

// TestClaimFindsEarlierLines proves that an external id belongs to the first
// line that claims it, separately for each import.
func TestClaimFindsEarlierLines(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := importStore{db}
		claim := func(i *imports.Import, lines map[string]int64) (found map[string]int64) {
			t.Helper()
			err := s.on(t.Context(), i, func(ctx context.Context, tx importTx, _ *imports.Import) (err error) {
				found, err = tx.claim(ctx, lines)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		first, other := queue(t, db), queue(t, db)
		for _, tt := range []struct {
			i           *imports.Import
			lines, want map[string]int64
		}{
			{first, nil, nil},
			{first, map[string]int64{"a": 2, "b": 3}, nil},
			{first, map[string]int64{"b": 4, "c": 5}, map[string]int64{"b": 3, "c": 5}},
			{other, map[string]int64{"a": 9}, nil},
		} {
			if diff := cmp.Diff(tt.want, claim(tt.i, tt.lines)); diff != "" {
				t.Errorf("%v (-want +got):\n%s", tt.lines, diff)
			}
		}
	})
}

// TestClearImportTakesOneAfterAnother deletes keys in parts, then the file,
// until all ended imports are clear.
func TestClearImportTakesOneAfterAnother(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := importStore{db}
		ended, queued := queue(t, db, "a", "b"), queue(t, db, "c")
		exec(t, db, "UPDATE imports SET state = 'failed' WHERE id = ?", ended.ID)
		for _, id := range []int64{ended.ID, queued.ID} {
			exec(t, db, "INSERT INTO import_keys (import_id, external_id, line) VALUES (?, 'a', 1), (?, 'b', 2), (?, 'c', 3)", id, id, id)
		}
		var got []int64
		for range 4 {
			n, err := s.clear(t.Context(), 2)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, n)
		}
		if diff := cmp.Diff([]int64{2, 1, 3, 0}, got); diff != "" { // two chunks, and the mark
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		var keys, chunks int
		if err := db.NewRaw("SELECT (SELECT count(*) FROM import_keys), (SELECT count(*) FROM import_chunks)").Scan(t.Context(), &keys, &chunks); err != nil {
			t.Fatal(err)
		}
		if keys != 3 || chunks != 1 {
			t.Errorf("%d keys and %d chunks are left, want those of the import that waits", keys, chunks)
		}
	})
}
