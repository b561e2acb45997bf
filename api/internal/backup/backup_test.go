package backup_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/access"
	"github.com/fualab/fualab/api/internal/backup"
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/api/internal/items"
	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/schema"
	"github.com/fualab/fualab/shared/testdb"
)

func options(url config.DatabaseURL) backup.Options {
	return backup.Options{URL: url, Environ: os.Environ(), Log: slog.New(slog.DiscardHandler)}
}

// newURL is testdb's, but that nobody has a file of SQLite open.
func newURL(t *testing.T, dialect string) config.DatabaseURL {
	t.Helper()
	if dialect == "postgres" {
		return testdb.NewURL(t, dialect)
	}
	url := testdb.EmptyURL(t, dialect)
	db := testdb.Open(t, url)
	if _, err := db.ExecContext(t.Context(), schema.For(db)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return url
}

// save skips where pg_dump is older than the server, as a container's may be,
// unless FUALAB_TEST_REQUIRE=1 has it fail.
func save(t *testing.T, url config.DatabaseURL, file string) {
	t.Helper()
	err := backup.Save(t.Context(), options(url), file)
	var old *backup.OldClient
	if errors.As(err, &old) && !testdb.Required() {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func stored(db *database.DB) *resource.Store[items.Item] {
	return items.Resource().Store(resource.Deps{DB: db, Now: time.Now})
}

// fill writes into every table that has data of its own.
func fill(t *testing.T, db *database.DB) {
	t.Helper()
	queue, err := runs.NewInserter(db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	st := stored(db)
	var all []*items.Item
	for i := range 500 {
		all = append(all, &items.Item{Name: fmt.Sprintf("item %d ", i) + strings.Repeat("ü'\\\n", i%50), Description: "a\tb", Attributes: model.Attributes(`{"n":1e2,"s":"\u0041"}`)})
	}
	if err := st.Create(t.Context(), access.Caller{}, all...); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Delete(t.Context(), access.Caller{}, all[7].ID); err != nil {
		t.Fatal(err)
	}
	now := model.NewTime(time.Now())
	if err := console.NewTokenStore(db, time.Now).CreateToken(t.Context(), &model.Token{Name: "ci", Hash: make([]byte, 32), Scopes: "read", ExpiresAt: &now}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []any{
		&model.Worker{Instance: "w", Version: "test", StartedAt: now, LastBeat: now, Running: []string{"1"}},
		&model.Schedule{
			Name: "items.expire", Summary: "s", Cron: "* * * * *", TimeZone: "UTC", MissedPolicy: model.MissedOnce, OverlapPolicy: model.OverlapSkip,
			DeclaredCron: "* * * * *", DeclaredTimeZone: "UTC", DeclaredMissedPolicy: model.MissedOnce, DeclaredOverlapPolicy: model.OverlapSkip, NextRunAt: now, UpdatedAt: now,
		},
	} {
		if _, err := db.NewInsert().Model(row).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := runs.Insert(t.Context(), queue, "items.expire", runs.Manual); err != nil {
		t.Fatal(err)
	}
}

// contents are all rows of all tables.
func contents(t *testing.T, url config.DatabaseURL) map[string][]string {
	t.Helper()
	db := testdb.Open(t, url)
	tables := "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_stat%'"
	if db.IsPostgres() {
		tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
	}
	var names []string
	if err := db.NewRaw(tables).Scan(t.Context(), &names); err != nil {
		t.Fatal(err)
	}
	all := make(map[string][]string)
	for _, name := range names {
		all[name] = rowsOf(t, db, name)
	}
	if err := db.Close(); err != nil { // a restore wants it closed
		t.Fatal(err)
	}
	return all
}

func rowsOf(t *testing.T, db *database.DB, table string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT * FROM "`+table+`"`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for rows.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		found = append(found, fmt.Sprintf("%v", values))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

// destroy loses what there is, as a wrong statement or a broken disk does.
func destroy(t *testing.T, url config.DatabaseURL) {
	t.Helper()
	if path, err := database.SQLitePath(url); err == nil {
		if err := os.WriteFile(path, []byte("no database at all"), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	db := testdb.Open(t, url)
	for _, q := range []string{"DROP TABLE items CASCADE", "DELETE FROM tokens", "CREATE TABLE newer (id int)", "INSERT INTO newer VALUES (1)"} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestDestroyedAndRestored saves, destroys, restores, and compares row by row;
// twice, as what was restored must be good for the next backup.
func TestDestroyedAndRestored(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			url := newURL(t, dialect)
			db := testdb.Open(t, url)
			fill(t, db)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			want := contents(t, url)
			if len(want["items"]) != 500 || len(want["item_events"]) != 501 || len(want["river_job"]) != 1 {
				t.Fatalf("there is less to save than was written: %d items", len(want["items"]))
			}
			for _, name := range []string{"first", "second"} {
				file := filepath.Join(t.TempDir(), name)
				save(t, url, file)
				if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("the backup's mode: %v, %v", info.Mode(), err)
				}
				destroy(t, url)
				restored, err := backup.Restore(t.Context(), options(url), file, true)
				if err != nil {
					t.Fatal(err)
				}
				if restored.Version != schema.Version || (restored.Kept != "") != (dialect == "sqlite") {
					t.Errorf("it says %+v", restored)
				}
				if diff := cmp.Diff(want, contents(t, url)); diff != "" {
					t.Fatalf("%s backup (-saved +restored):\n%s", name, diff)
				}
			}
			goesOn(t, url, want)
		})
	}
}

// goesOn: ids and triggers of a restored database are those of the old one.
func goesOn(t *testing.T, url config.DatabaseURL, before map[string][]string) {
	t.Helper()
	item := items.Item{Name: "next"}
	if err := stored(testdb.Open(t, url)).Create(t.Context(), access.Caller{}, &item); err != nil || item.ID != int64(len(before["items"])+1) {
		t.Errorf("the next item: %+v, %v", item, err)
	}
	if got := len(rowsOf(t, testdb.Open(t, url), "item_events")); got != len(before["item_events"])+1 {
		t.Errorf("%d events, want one more than %d", got, len(before["item_events"]))
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			url, dir := newURL(t, dialect), t.TempDir()
			file := filepath.Join(dir, "backup")
			save(t, url, file)
			refused(t, backup.Save(t.Context(), options(url), file), "is there already")
			restore := func(from string, replace bool) error {
				_, err := backup.Restore(t.Context(), options(url), from, replace)
				return err
			}
			refused(t, restore(file, false), "--replace")
			refused(t, restore(filepath.Join(dir, "absent"), true), "no such file")
			broken := filepath.Join(dir, "broken")
			if err := os.WriteFile(broken, []byte("text"), 0o600); err != nil {
				t.Fatal(err)
			}
			before := contents(t, url)
			if err := restore(broken, true); err == nil {
				t.Error("a file that is no backup is restored")
			}
			running, err := database.Open(t.Context(), database.Options{URL: url, AppName: "fualab-worker", MaxConns: 1, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			refused(t, restore(file, true), "stop")
			if err := running.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, contents(t, url)); diff != "" {
				t.Errorf("what is refused changes the database:\n%s", diff)
			}
			if left, err := filepath.Glob(filepath.Join(dir, "*.part")); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func refused(t *testing.T, err error, says string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("%v, want an error with %q", err, says)
	}
}

// TestCutOff: a backup that ends half-way changes nothing.
func TestCutOff(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			url := newURL(t, dialect)
			db := testdb.Open(t, url)
			fill(t, db)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			want := contents(t, url)
			file := filepath.Join(t.TempDir(), "backup")
			save(t, url, file)
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(file, info.Size()*2/3); err != nil {
				t.Fatal(err)
			}
			if _, err := backup.Restore(t.Context(), options(url), file, true); err == nil {
				t.Error("two thirds of a backup are restored")
			}
			if diff := cmp.Diff(want, contents(t, url)); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}

func TestNoPassword(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := backup.Save(ctx, options("postgresql://fualab:marker-s3cret@127.0.0.1:1/fualab"), filepath.Join(t.TempDir(), "backup"))
	if err == nil || strings.Contains(err.Error(), "marker-s3cret") || !strings.Contains(err.Error(), "nothing listens") {
		t.Error(err)
	}
}
