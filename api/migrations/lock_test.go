package migrations

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// soon is a context that ends before a hanging test.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// TestOneConnection migrates with a pool of one connection. The lock must not
// use that connection.
func TestOneConnection(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db, err := database.Open(t.Context(), database.Options{
				URL: testdb.EmptyURL(t, dialect), MaxConns: 1, Log: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			m := newMigrator(t, db)
			if n, err := m.Up(soon(t)); err != nil || n != len(m.Names()) {
				t.Errorf("applied %d of %d: %v", n, len(m.Names()), err)
			}
		})
	}
}

// untilOthersWait ends when two other sessions wait for the lock.
const untilOthersWait = `
DO $$
BEGIN
	WHILE (
		SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'SELECT pg_try_advisory_lock%'
	) < 2 LOOP
		PERFORM pg_sleep(0.01);
		PERFORM pg_stat_clear_snapshot();
	END LOOP;
END $$;`

// TestWaitersHoldUpNothing builds an index concurrently while others wait for
// the lock. The build waits for the end of all snapshots.
func TestWaitersHoldUpNothing(t *testing.T) {
	t.Parallel()
	url := testdb.EmptyURL(t, "postgres")
	dir := fstest.MapFS{
		"product/postgres/0001_table.tx.up.sql": {Data: []byte("CREATE TABLE t (id integer);" + untilOthersWait)},
		"product/postgres/0002_index.up.sql":    {Data: []byte("CREATE INDEX CONCURRENTLY IF NOT EXISTS t_id ON t (id);")},
	}
	ctx := soon(t)
	var wg sync.WaitGroup
	for range 3 {
		m, err := newFrom(testdb.Open(t, url), slog.New(slog.DiscardHandler), dir)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if _, err := m.Up(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestMigrationsTakeTheirTime has migrations of both kinds that outlast the
// pool's statement timeout.
func TestMigrationsTakeTheirTime(t *testing.T) {
	t.Parallel()
	db := testdb.Open(t, withParameter(testdb.EmptyURL(t, "postgres"), "statement_timeout=200"))
	m, err := newFrom(db, slog.New(slog.DiscardHandler), fstest.MapFS{
		"product/postgres/0001_slow.tx.up.sql": {Data: []byte("SELECT pg_sleep(0.5);")},
		"product/postgres/0002_slow.up.sql":    {Data: []byte("SELECT pg_sleep(0.5);")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := m.Up(soon(t)); err != nil || n != 2 {
		t.Errorf("applied %d of 2: %v", n, err)
	}
	if _, err := db.ExecContext(t.Context(), "SELECT pg_sleep(0.5)"); err == nil {
		t.Error("the service's own statements have lost their timeout")
	}
}

func withParameter(url config.DatabaseURL, parameter string) config.DatabaseURL {
	separator := "?"
	if strings.Contains(url.Reveal(), "?") {
		separator = "&"
	}
	return config.DatabaseURL(url.Reveal() + separator + parameter)
}

// TestLockIsPrivate proves that no other user may read the database, or take
// the lock beside it, which would block every start.
func TestLockIsPrivate(t *testing.T) {
	t.Parallel()
	url := testdb.EmptyURL(t, "sqlite")
	if _, err := newMigrator(t, testdb.Open(t, url)).Up(soon(t)); err != nil {
		t.Fatal(err)
	}
	path, err := database.SQLitePath(url)
	if err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm", ".migrate-lock"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s%s has mode %o", filepath.Base(path), suffix, mode)
		}
	}
}
