package migrations

import (
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/schema"
	"github.com/fualab/fualab/shared/testdb"
)

func newMigrator(t *testing.T, db *database.DB) *Migrator {
	t.Helper()
	m, err := New(db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// each runs test on each dialect, on a database without tables.
func each(t *testing.T, test func(t *testing.T, db *database.DB)) {
	t.Helper()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			test(t, testdb.Open(t, testdb.EmptyURL(t, dialect)))
		})
	}
}

func TestDialectsHaveTheSameMigrations(t *testing.T) {
	t.Parallel()
	newest := make([]string, len(sequences))
	for i, sequence := range sequences {
		newest[i] = sameMigrations(t, sequence)
	}
	if want := strings.Join(newest, "."); schema.Version != want {
		t.Errorf("shared/schema says version %s and the newest migrations are %s", schema.Version, want)
	}
}

// sameMigrations holds both dialects of a sequence to the same names, and returns the number of the newest.
func sameMigrations(t *testing.T, sequence string) string {
	t.Helper()
	names := func(dialect string) []string {
		dir := sequence + "/" + dialect
		entries, err := fs.ReadDir(files, dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			// SQLite runs some migrations in a transaction that Postgres cannot.
			names = append(names, strings.Replace(e.Name(), ".tx.", ".", 1))
		}
		return names
	}
	if diff := cmp.Diff(names("postgres"), names("sqlite")); diff != "" {
		t.Errorf("the dialects' migrations of the %s differ (-postgres +sqlite):\n%s", sequence, diff)
	}
	newest := "0000"
	for _, s := range newMigrator(t, testdb.Open(t, testdb.EmptyURL(t, "sqlite"))).sequences {
		if s.name == sequence && len(s.all) > 0 {
			newest = s.all[len(s.all)-1].Name // River's included
		}
	}
	return newest
}

func TestUpDownUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		ctx, m := t.Context(), newMigrator(t, db)
		empty, up := "", ""
		for round := range 2 {
			n, err := m.Up(ctx)
			if err != nil || n != len(m.Names()) {
				t.Fatalf("round %d: applied %d of %d: %v", round, n, len(m.Names()), err)
			}
			got, err := snapshot(ctx, db)
			if err != nil {
				t.Fatal(err)
			}
			if round > 0 && got != up {
				t.Errorf("a second up makes another schema (-first +second):\n%s", cmp.Diff(up, got))
			}
			up = got
			for _, want := range slices.Backward(m.Names()) {
				if name, err := m.Down(ctx); err != nil || name != want {
					t.Fatalf("down reverted %q, want %q: %v", name, want, err)
				}
			}
			got, err = snapshot(ctx, db)
			if err != nil {
				t.Fatal(err)
			}
			if round > 0 && got != empty {
				t.Errorf("down leaves something behind (-first +second):\n%s", cmp.Diff(empty, got))
			}
			empty = got
		}
		if strings.Contains(empty, "river") || strings.Contains(empty, "tokens") {
			t.Errorf("down leaves tables:\n%s", empty)
		}
		if name, err := m.Down(ctx); err != nil || name != "" {
			t.Errorf("down on an empty database: %q, %v", name, err)
		}
	})
}

func TestFailedMigrationIsNotMarked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		prefix := "product/" + db.DialectName() + "/"
		dir := fstest.MapFS{
			prefix + "0001_good.tx.up.sql":   {Data: []byte("CREATE TABLE good (id integer);")},
			prefix + "0001_good.tx.down.sql": {Data: []byte("DROP TABLE good;")},
			prefix + "0002_bad.tx.up.sql":    {Data: []byte("CREATE TABLE bad (id integer); SELECT no_such_function();")},
		}
		m, err := newFrom(db, slog.New(slog.DiscardHandler), dir)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := m.Up(t.Context()); err == nil || n != 1 || !strings.Contains(err.Error(), "product/0002") {
			t.Fatalf("applied %d, error %v; want 1 and an error that names product/0002", n, err)
		}
		dir[prefix+"0002_bad.tx.up.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE bad (id integer);")}
		if m, err = newFrom(db, slog.New(slog.DiscardHandler), dir); err != nil { // the next release
			t.Fatal(err)
		}
		if n, err := m.Up(t.Context()); err != nil || n != 1 {
			t.Fatalf("after the repair: applied %d, %v; want 1", n, err)
		}
	})
}

// TestKilledBetweenCommitAndMark fails the library's own mark after the commit
// of a migration, as a kill at that time would.
func TestKilledBetweenCommitAndMark(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		m := newMigrator(t, db)
		if _, err := m.List(t.Context()); err != nil { // creates the library's tables
			t.Fatal(err)
		}
		kill, spare := sqliteKill, "DROP TRIGGER kill"
		if db.IsPostgres() {
			kill, spare = postgresKill, "DROP TRIGGER kill ON bun_migrations"
		}
		if _, err := db.ExecContext(t.Context(), kill); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Up(t.Context()); err == nil || !strings.Contains(err.Error(), "killed here") {
			t.Fatalf("up: %v; want it to fail at the mark", err)
		}
		if _, err := db.ExecContext(t.Context(), spare); err != nil {
			t.Fatal(err)
		}
		if n, err := m.Up(t.Context()); err != nil || n != len(m.Names())-1 {
			t.Errorf("the next start applied %d, %v; want all but the first", n, err)
		}
	})
}

const (
	sqliteKill   = `CREATE TRIGGER kill BEFORE UPDATE ON bun_migrations BEGIN SELECT RAISE(ABORT, 'killed here'); END`
	postgresKill = `
CREATE FUNCTION kill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'killed here'; END $$;
CREATE TRIGGER kill BEFORE UPDATE ON bun_migrations FOR EACH ROW EXECUTE FUNCTION kill()`
)

func TestStatus(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		m := newMigrator(t, db)
		count := func() (applied int) {
			list, err := m.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range list {
				if s.Applied {
					applied++
				}
			}
			return applied
		}
		if n := count(); n != 0 {
			t.Errorf("%d applied before up", n)
		}
		if _, err := m.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(); n != len(m.Names()) {
			t.Errorf("%d applied after up, want %d", n, len(m.Names()))
		}
	})
}

func TestConcurrentUp(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			url := testdb.EmptyURL(t, dialect)
			var wg sync.WaitGroup
			var mu sync.Mutex
			total := 0
			for range 5 {
				m := newMigrator(t, testdb.Open(t, url))
				wg.Go(func() {
					n, err := m.Up(t.Context())
					mu.Lock()
					defer mu.Unlock()
					if total += n; err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if want := len(newMigrator(t, testdb.Open(t, url)).Names()); total != want {
				t.Errorf("five migrators applied %d in all, want each of %d once", total, want)
			}
		})
	}
}

// TestOneSequenceIsRefused: a database with the marks of one sequence is from before the first release. Its rows are left
// alone, and the error says how to keep them.
func TestOneSequenceIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		m := newMigrator(t, db)
		if _, err := m.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), "DROP TABLE bun_product_migrations"); err != nil {
			t.Fatal(err)
		}
		if n, err := m.Up(t.Context()); n != 0 || !errors.Is(err, errOneSequence) {
			t.Errorf("applied %d, %v; want %v", n, err, errOneSequence)
		}
	})
}

// TestKilledBetweenTablesOfMarks: a process that was killed after it created the first of them has applied nothing.
func TestKilledBetweenTablesOfMarks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		m := newMigrator(t, db)
		if _, err := m.List(t.Context()); err != nil { // creates the tables
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), "DROP TABLE bun_product_migrations"); err != nil {
			t.Fatal(err)
		}
		if n, err := m.Up(t.Context()); err != nil || n != len(m.Names()) {
			t.Errorf("applied %d, %v; want %d", n, err, len(m.Names()))
		}
	})
}
