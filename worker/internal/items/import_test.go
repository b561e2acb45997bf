package items

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/imports"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/rowfile"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/task"
)

// upload stores a file as the API does, in chunks that end at any byte.
func upload(t *testing.T, db *database.DB, file string, change func(*imports.Import)) *imports.Import {
	t.Helper()
	at := model.NewTime(noon)
	i := &imports.Import{
		State: imports.Queued, Format: rowfile.CSV, Mode: imports.Insert, Delimiter: "comma", LimitBytes: 16 << 20,
		BytesReceived: int64(len(file)), CreatedAt: at, UpdatedAt: at, PhaseAt: at,
	}
	if change != nil {
		change(i)
	}
	if _, err := db.NewInsert().Model(i).ExcludeColumn("id").Returning("id").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	const chunk = 4099
	for at := 0; at < len(file); at += chunk {
		data := []byte(file[at:min(at+chunk, len(file))])
		if _, err := db.NewRaw("INSERT INTO import_chunks (import_id, first_byte, data) VALUES (?, ?, ?)", i.ID, at, data).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return i
}

// imported returns the present state of an import.
func imported(t *testing.T, db *database.DB, id int64) *imports.Import {
	t.Helper()
	i := new(imports.Import)
	if err := db.NewSelect().Model(i).Where("id = ?", id).Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	return i
}

// TestItemsOfAnImportNameItsCreator covers created and changed items.
func TestItemsOfAnImportNameItsCreator(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		by := func(caller string) func(*imports.Import) {
			return func(i *imports.Import) { i.Mode, i.CreatedBy = imports.Upsert, &caller }
		}
		upload(t, db, "external_id,name\na,Made\nb,Made\n", by("token:1"))
		run(t, deps(db))
		upload(t, db, "external_id,name\nb,Changed\nc,Made\n", by("oidc:https://id.example.com|7"))
		run(t, deps(db))
		var got []string
		err := db.NewRaw("SELECT external_id || ' ' || created_by || ' ' || updated_by FROM items ORDER BY external_id").Scan(t.Context(), &got)
		want := []string{"a token:1 token:1", "b token:1 oidc:https://id.example.com|7", "c oidc:https://id.example.com|7 oidc:https://id.example.com|7"}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +stored):\n%s", err, diff)
		}
	})
}

// check compares the result of an import: state, inserted, updated, unchanged,
// rejected. Only its row and its faults may remain.
func check(t *testing.T, db *database.DB, id int64, want string) {
	t.Helper()
	i := imported(t, db, id)
	got := fmt.Sprintf("%s %d %d %d %d", i.State, i.Inserted, i.Updated, i.Unchanged, i.Rejected)
	if got != want || !i.Cleared || i.FinishedAt == nil {
		t.Errorf("import: %s, cleared %t, want %s: %s", got, i.Cleared, want, i.Error)
	}
	for _, table := range []string{"import_chunks", "import_keys"} {
		if n := count(t, db, table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
}

func run(t *testing.T, d Deps) {
	t.Helper()
	if _, err := Import(d).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func csvRows(n int) string {
	var file strings.Builder
	file.WriteString("external_id,name,colour\n")
	for i := range n {
		fmt.Fprintf(&file, "id-%d,\"Sample, %d\",red\n", i, i)
	}
	return file.String()
}

func TestImport(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		d := deps(db)
		first := upload(t, db, csvRows(2*task.BatchSize+1), nil)
		run(t, d)
		check(t, db, first.ID, fmt.Sprintf("completed %d 0 0 0", 2*task.BatchSize+1))
		if n := count(t, db, "items WHERE external_id = 'id-7' AND name = 'Sample, 7' AND version = 1 AND search_text LIKE 'sample, 7%'"); n != 1 {
			t.Error("an item is not as its row")
		}

		again := upload(t, db, "external_id,name\nid-1,Sample\nnew,New\n", nil)
		run(t, d)
		check(t, db, again.ID, "failed 0 0 0 1")
		if n := count(t, db, "items WHERE external_id = 'new'"); n != 0 {
			t.Error("an item exists after a failed all-or-nothing import")
		}
		if n := count(t, db, fmt.Sprintf("import_errors WHERE import_id = %d AND line = 2 AND field = 'external_id'", again.ID)); n != 1 {
			t.Errorf("%d faults, want 1 in line 2", n)
		}

		tolerant := upload(t, db, "external_id,name\nid-1,Sample\nnew,New\nnew,Twice\n,\n", func(i *imports.Import) { i.MaxErrors = 3 })
		run(t, d)
		check(t, db, tolerant.ID, "completed 1 0 0 3")

		upsert := func(i *imports.Import) { i.Mode = imports.Upsert }
		file := "external_id,name,colour\nid-1,Changed,red\nid-2,\"Sample, 2\",red\nid-3,\"Sample, 3\",blue\nother,Other,\n"
		dry := upload(t, db, file, func(i *imports.Import) { i.Mode, i.DryRun = imports.Upsert, true })
		run(t, d)
		check(t, db, dry.ID, "completed 1 2 1 0")
		if n := count(t, db, "items WHERE name IN ('Changed', 'Other')"); n != 0 {
			t.Error("a dry run has changed items")
		}
		wet := upload(t, db, file, upsert)
		run(t, d)
		check(t, db, wet.ID, "completed 1 2 1 0")
		if n := count(t, db, "items WHERE external_id IN ('id-1', 'id-3') AND version = 2"); n != 2 {
			t.Errorf("%d items are changed, want 2", n)
		}
	})
}

func TestImportBroken(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(csvRows(3000))) // in memory
	_ = w.Close()
	bomb := func(i *imports.Import) { i.LimitBytes = 10_000 }
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		for name, tt := range map[string]struct {
			file, want string
			change     func(*imports.Import)
		}{
			"empty":         {"", "Line 1: the file is empty.", nil},
			"a header only": {"name\n", "Line 2: there is no row", nil},
			"a quote open":  {csvRows(1500) + "x,\"y\n", "Line 1502: a quote", nil},
			"cut gzip":      {packed.String()[:packed.Len()-20], "the gzip is broken", nil},
			"a gzip bomb":   {packed.String(), "more than 10000 bytes", bomb},
			"a long line":   {"name\n" + strings.Repeat("x", rowfile.MaxRow+1), "Line 2: the row", nil},
			"two the same":  {"name,name\na,b\n", "Line 1: column 2", nil},
			"semicolons":    {"name;x\na;b\n", "delimiter=semicolon", nil},
			"not UTF-8":     {"name\na\xff\n", "1 rows were rejected", nil},
			"a wide header": {"name" + strings.Repeat(",x", rowfile.MaxColumns) + "\na\n", "Line 1: the header has more than", nil},
		} {
			i := upload(t, db, tt.file, tt.change)
			run(t, deps(db))
			if got := imported(t, db, i.ID); got.State != imports.Failed || !strings.Contains(got.Error, tt.want) || !got.Cleared {
				t.Errorf("%s: %s, %s, want %s", name, got.State, got.Error, tt.want)
			}
		}
		for _, table := range []string{"items", "import_chunks", "import_keys"} {
			if n := count(t, db, table); n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
	})
}

// TestImportInPasses proves that a pass without time left ends successfully
// after its batch, and that each pass makes progress.
func TestImportInPasses(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		rows := 2*task.BatchSize + 1
		i := upload(t, db, csvRows(rows), nil)
		waiting := upload(t, db, csvRows(1), func(i *imports.Import) { i.Mode = imports.Upsert })
		d, now := deps(db), noon
		d.Now = func() time.Time {
			now = now.Add(importPatience) // each step takes this long
			return now
		}
		var marks []string
		for !imported(t, db, i.ID).State.Ended() {
			run(t, d)
			got := imported(t, db, i.ID)
			if marks = append(marks, fmt.Sprint(got.State, " ", got.RowsRead)); len(marks) > 10 {
				break
			}
		}
		want := []string{
			"validating 0", "validating 1000", "validating 2000", "importing 0",
			"importing 1000", "importing 2000", fmt.Sprint("completed ", rows),
		}
		if diff := cmp.Diff(want, marks); diff != "" {
			t.Errorf("passes (-want +got):\n%s", diff)
		}
		if got := imported(t, db, waiting.ID); got.State != imports.Queued {
			t.Errorf("the next import is %s before its turn", got.State)
		}
		run(t, deps(db))
		check(t, db, i.ID, fmt.Sprintf("completed %d 0 0 0", rows))
		check(t, db, waiting.ID, "completed 0 0 1 0")
	})
}

// TestImportOvertaken proves that the second phase finds an item that was
// created between the phases, although the first phase found none.
func TestImportOvertaken(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		strict := upload(t, db, csvRows(10), nil)
		tolerant := upload(t, db, csvRows(10), func(i *imports.Import) { i.MaxErrors = 1 })
		d, now := deps(db), noon
		d.Now = func() time.Time {
			now = now.Add(importPatience)
			return now
		}
		for range 2 {
			run(t, d)
		}
		if got := imported(t, db, strict.ID); got.State != imports.Importing || !got.IDsDistinct {
			t.Fatalf("the import is %s, its ids distinct: %t", got.State, got.IDsDistinct)
		}
		id := "id-3"
		item := items.New(items.Fields{Name: "Overtaker", ExternalID: &id}, model.NewTime(noon))
		if _, err := db.NewInsert().Model(item).ExcludeColumn("id").Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		run(t, deps(db))
		check(t, db, strict.ID, "failed 0 0 0 1")
		check(t, db, tolerant.ID, "completed 9 0 0 1")
	})
}

// TestImportCutShort ends the pass within its nth transaction, for every n, and
// begins another. The items are those of an undisturbed pass.
func TestImportCutShort(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write([]byte(csvRows(2*task.BatchSize + 500))) // in memory
		_ = w.Close()
		i := upload(t, db, packed.String(), nil)
		cuts := 0
		for n := 1; ; n++ {
			ctx, cancel := context.WithCancel(t.Context())
			d, calls := deps(db), 0
			d.Now = func() time.Time {
				if calls++; calls == n {
					cancel()
				}
				return noon
			}
			_, err := Import(d).Run(ctx)
			cancel()
			if err == nil {
				break
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			if cuts++; cuts > 100 {
				t.Fatal("it comes to no end")
			}
		}
		run(t, deps(db))
		check(t, db, i.ID, fmt.Sprintf("completed %d 0 0 0", 2*task.BatchSize+500))
		want := sha256.New()
		for r := range 2*task.BatchSize + 500 {
			_, _ = fmt.Fprintf(want, "id-%d Sample, %d\n", r, r)
		}
		var rows []struct{ ExternalID, Name string }
		if err := db.NewRaw("SELECT external_id, name FROM items ORDER BY id").Scan(t.Context(), &rows); err != nil {
			t.Fatal(err)
		}
		got := sha256.New()
		for _, r := range rows {
			_, _ = fmt.Fprintf(got, "%s %s\n", r.ExternalID, r.Name)
		}
		if !bytes.Equal(got.Sum(nil), want.Sum(nil)) {
			t.Errorf("%d items, which are not those of the file, after %d cuts", len(rows), cuts)
		}
	})
}

func TestImportCancelled(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		i := upload(t, db, csvRows(10), func(i *imports.Import) { i.State, i.CancelRequested = imports.Validating, true })
		run(t, deps(db))
		check(t, db, i.ID, "cancelled 0 0 0 0")

		d := deps(db)
		stale := upload(t, db, "name\n", func(i *imports.Import) { i.State = imports.Uploading })
		run(t, d)
		if got := imported(t, db, stale.ID); got.State != imports.Uploading {
			t.Errorf("an upload that goes on is %s", got.State)
		}
		d.Now = func() time.Time { return noon.Add(uploadPatience + time.Second) }
		run(t, d)
		check(t, db, stale.ID, "cancelled 0 0 0 0")
		d.Now = func() time.Time { return noon.Add(30 * day) }
		run(t, d)
		if n := count(t, db, "imports"); n != 0 {
			t.Errorf("%d old imports are left", n)
		}
	})
}

// TestImportThatKillsWorkers proves that an import fails with a reason if its
// passes die at its mark, and that the next import has its turn. A pass that
// ends in order does not count.
func TestImportThatKillsWorkers(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		poison := upload(t, db, csvRows(3), nil)
		next := upload(t, db, "external_id,name\nnext,Next\n", nil)
		d := deps(db)
		stopped, stop := context.WithCancel(t.Context())
		d.Publish = func(events.Event) { stop() } // after the pass has begun
		for range 2 * mostDeaths {
			if _, err := Import(d).Run(stopped); !errors.Is(err, context.Canceled) {
				t.Fatalf("the worker does not stop: %v", err)
			}
			stopped, stop = context.WithCancel(t.Context())
		}
		if got := imported(t, db, poison.ID); got.PassesBegun != 0 || got.State.Ended() {
			t.Fatalf("passes that ended in order count: %d begun, %s", got.PassesBegun, got.State)
		}
		stop()

		d = deps(db)
		for died := range mostDeaths {
			pass := importPass{Deps: d, store: importStore{db}, i: imported(t, db, poison.ID), result: new(task.Result)}
			if err := pass.begin(t.Context()); err != nil { // then the process dies
				t.Fatal(err)
			}
			if got := imported(t, db, poison.ID); got.PassesBegun != int64(died+1) || got.State.Ended() {
				t.Fatalf("%d begun, %s", got.PassesBegun, got.State)
			}
		}
		run(t, d)
		check(t, db, poison.ID, "failed 0 0 0 0")
		if got := imported(t, db, poison.ID); !strings.Contains(got.Error, "2 attempts to read after line 0") {
			t.Errorf("its reason: %s", got.Error)
		}
		check(t, db, next.ID, "completed 1 0 0 0")
	})
}

// TestImportThatMovesIsNotGivenUp proves that deaths count only since the mark
// last moved.
func TestImportThatMovesIsNotGivenUp(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, "sqlite")
	i := upload(t, db, csvRows(2*task.BatchSize), func(i *imports.Import) { i.State = imports.Validating })
	d, now := deps(db), noon
	d.Now = func() time.Time {
		now = now.Add(importPatience) // one batch in each pass
		return now
	}
	for range 10 {
		if imported(t, db, i.ID).State.Ended() {
			break
		}
		pass := importPass{Deps: d, store: importStore{db}, i: imported(t, db, i.ID), result: new(task.Result)}
		if err := pass.begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		run(t, d)
	}
	check(t, db, i.ID, fmt.Sprintf("completed %d 0 0 0", 2*task.BatchSize))
}

// TestImportCancelledBeforeItIsRead proves that no part of a file is read after
// its import was cancelled, before the first batch or a later one.
func TestImportCancelledBeforeItIsRead(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		for _, state := range []imports.State{imports.Queued, imports.Validating, imports.Importing} {
			i := upload(t, db, csvRows(10), func(i *imports.Import) { i.State, i.CancelRequested = state, true })
			exec(t, db, "DELETE FROM import_chunks") // reading it would fail the import
			run(t, deps(db))
			check(t, db, i.ID, "cancelled 0 0 0 0")
		}
		p := importPass{Deps: deps(db), store: importStore{db}, i: upload(t, db, csvRows(10), func(i *imports.Import) { i.State = imports.Validating })}
		exec(t, db, fmt.Sprintf("UPDATE imports SET cancel_requested = %s WHERE id = %d", map[bool]string{true: "true", false: "1"}[db.IsPostgres()], p.i.ID))
		file := p.read(t.Context())
		defer file.stop()
		if b := file.next(t.Context()); !errors.Is(b.err, errImportCancelled) || len(b.rows) > 0 {
			t.Errorf("read %d rows, %v", len(b.rows), b.err)
		}
	})
}

// TestBatchIsBounded proves that a batch of rows has few bytes, even if the
// unpacked rows are large: its limits, and one row more.
func TestBatchIsBounded(t *testing.T) {
	wide := "name" + func() string {
		var columns strings.Builder
		for i := range rowfile.MaxColumns - 1 {
			fmt.Fprintf(&columns, ",%d", i)
		}
		return columns.String()
	}()
	for name, tt := range map[string]struct{ format, text string }{
		"wide rows":      {rowfile.CSV, wide + "\n" + strings.Repeat("a"+strings.Repeat(",1", rowfile.MaxColumns-1)+"\n", 2000)},
		"faulty rows":    {rowfile.CSV, wide + "\n" + strings.Repeat("a"+strings.Repeat(",\xff", rowfile.MaxColumns-1)+"\n", 2000)},
		"long names":     {rowfile.NDJSON, strings.Repeat(`{"name":"`+strings.Repeat("x", 50_000)+`"}`+"\n", 2000)},
		"long searches":  {rowfile.NDJSON, strings.Repeat(`{"name":"a","description":"`+strings.Repeat("\ufdfa", items.MaxDescription)+`"}`+"\n", 500)},
		"long numbers":   {rowfile.NDJSON, strings.Repeat(`{"name":"a","a":[`+strings.Repeat("9e300,", 100)+`0]}`+"\n", 2000)},
		"largest of all": {rowfile.NDJSON, strings.Repeat(`{"name":"a","a":[`+strings.Repeat("9e399,", 150)+`0]}`+"\n", 2000)},
		"small rows":     {rowfile.CSV, csvRows(5000)},
		"rows of bounds": {rowfile.NDJSON, strings.Repeat(`{"name":"a","a":[`+strings.Repeat("9e399,", rowfile.MaxRow/6-100)+`0]}`+"\n", 8)},
	} {
		file, err := items.NewReader(strings.NewReader(tt.text), rowfile.Options{Format: tt.format, Delimiter: ','})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		b := readBatch(file, true, task.BatchSize)
		runtime.GC()
		runtime.ReadMemStats(&after)
		if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); b.err != nil || len(b.rows) == 0 || held > 2*importBatchBytes+2*rowfile.MaxRow {
			t.Errorf("%s: a batch of %d rows holds %d bytes: %v", name, len(b.rows), held, b.err)
		}
		runtime.KeepAlive(b)
		runtime.KeepAlive(file)
	}
}

// TestUntilNextPass proves that a pass ends before the minute in which the next
// one is due, and that it has at least about half a minute.
func TestUntilNextPass(t *testing.T) {
	t.Parallel()
	for second := range 120 {
		now := noon.Add(time.Duration(second) * time.Second)
		until := untilNextPass(now)
		if took := until.Sub(now); until.Second() != 58 || took < 28*time.Second || took > importPatience {
			t.Errorf("begun at %s it ends at %s", now.Format(time.TimeOnly), until.Format(time.TimeOnly))
		}
	}
}
