package command

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/schema"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testport"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/shared/testwait"
)

func each(t *testing.T, test func(t *testing.T, dialect string)) {
	t.Helper()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			test(t, dialect)
		})
	}
}

// TestFiveProcessesStartAtOnce starts them on an empty database. All serve, and
// each migration is applied once.
func TestFiveProcessesStartAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string) {
		url := testdb.EmptyURL(t, dialect)
		const n = 5
		processes := make([]*process, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { processes[i] = serve(t, url) })
		}
		wg.Wait()
		applied := 0
		for i, p := range processes {
			if p == nil {
				t.Fatalf("process %d did not start", i)
			}
			if got, err := request(t.Context(), http.DefaultClient, "POST", p.url+"/api/items", `{"name":"x"}`); err != nil || got.status != 201 {
				t.Errorf("process %d: %v, %v", i, got, err)
			}
			applied += strings.Count(p.log(), `"migration applied"`)
		}
		if want := len(list(t, url)); applied != want {
			t.Errorf("%d migrations were applied in all, want each of %d once", applied, want)
		}
	})
}

// TestOneConnection proves that the smallest pool is enough to serve.
func TestOneConnection(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string) {
		p := serve(t, testdb.EmptyURL(t, dialect), "FUALAB_DATABASE_MAX_CONNS=1")
		if got, err := request(t.Context(), http.DefaultClient, "POST", p.url+"/api/items", `{"name":"x"}`); err != nil || got.status != 201 {
			t.Errorf("create: %v, %v", got, err)
		}
		if err := get(t.Context(), p.url+"/ready"); err != nil {
			t.Error(err)
		}
		p.stop(t)
	})
}

// list returns the names of the applied migrations.
func list(t *testing.T, url config.DatabaseURL) []string {
	t.Helper()
	var names []string
	if err := testdb.Open(t, url).NewRaw("SELECT name FROM bun_migrations UNION ALL SELECT name FROM bun_product_migrations").Scan(t.Context(), &names); err != nil {
		t.Fatal(err)
	}
	return names
}

// TestKilledMigrator kills a migrating process while it waits for a lock: on
// Postgres during a migration, on SQLite before its first statement. The next
// process continues there.
func TestKilledMigrator(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string) {
		url := testdb.EmptyURL(t, dialect)
		db := testdb.Open(t, url)
		// On Postgres, another session creates a table of a migration. On
		// SQLite, it holds the write lock.
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		waits := holdsMigrateLock
		if db.IsPostgres() {
			waits = waitsForLock
			if _, err := tx.ExecContext(t.Context(), "CREATE TABLE workers (id int)"); err != nil {
				t.Fatal(err)
			}
		}
		cmd := command(t, url, "migrate", "up")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = cmd.Process.Kill() }() // after an earlier failure
		testwait.For(t, "the migrator to wait for the lock", func() bool { return waits(t, db) })
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); !killed(cmd) {
			t.Fatalf("it ended before it was killed: %v", err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		migrateUp(t, url)
	})
}

// TestRefusesWhileItMigrates proves that the API refuses connections until the
// schema is ready, instead of letting them hang.
func TestRefusesWhileItMigrates(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string) {
		url := testdb.EmptyURL(t, dialect)
		db := testdb.Open(t, url)
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		waits := holdsMigrateLock
		if db.IsPostgres() {
			waits = waitsForLock
			if _, err := tx.ExecContext(t.Context(), "CREATE TABLE workers (id int)"); err != nil {
				t.Fatal(err)
			}
		}
		addr := testport.Reserve(t)
		var served sync.WaitGroup
		defer served.Wait()
		defer func() { _ = tx.Rollback() }() // after an earlier failure
		served.Go(func() { serve(t, url, "FUALAB_API_ADDR="+addr) })
		testwait.For(t, "the API to wait for the lock", func() bool { return waits(t, db) })
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
		if err == nil {
			_ = conn.Close()
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("while it migrates, a connection: %v; want it refused", err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	})
}

func killed(cmd *exec.Cmd) bool {
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// waitsForLock reports whether a statement of the program waits for another
// session's lock.
func waitsForLock(t *testing.T, db *database.DB) bool {
	t.Helper()
	var n int
	err := db.NewRaw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'fualab-api' AND wait_event_type = 'Lock'").Scan(t.Context(), &n)
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

// holdsMigrateLock reports whether a migrator has begun. Its next step needs
// the write lock, which is taken.
func holdsMigrateLock(t *testing.T, db *database.DB) bool {
	t.Helper()
	var path string
	if err := db.NewRaw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(t.Context(), &path); err != nil {
		t.Fatal(err)
	}
	lock, err := sql.Open("sqliteshim", "file:"+path+".migrate-lock?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	tx, err := lock.BeginTx(t.Context(), nil)
	if err != nil {
		return true
	}
	_ = tx.Rollback()
	return false
}

// TestMigratorKilledAnywhere kills one process after another at random moments,
// with a growing delay, until one ends.
func TestMigratorKilledAnywhere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string) {
		for range 3 {
			url := testdb.EmptyURL(t, dialect)
			deadline, kills := time.Now().Add(2*time.Minute), 0
			for delay := time.Duration(0); ; delay += 4*time.Millisecond + delay/16 {
				var said strings.Builder
				cmd := command(t, url, "migrate", "up")
				cmd.Stderr = &said
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				end := time.AfterFunc(delay, func() { _ = cmd.Process.Kill() })
				err := cmd.Wait()
				end.Stop()
				if err == nil {
					break
				}
				if kills++; !killed(cmd) || time.Now().After(deadline) {
					t.Fatalf("after %d kills, with %s to live: %v\n%s", kills, delay, err, said.String())
				}
			}
			t.Logf("got through after %d kills", kills)
			migrateUp(t, url)
		}
	})
}

// migrateUp runs `migrate up`, which must succeed soon and complete the schema.
func migrateUp(t *testing.T, url config.DatabaseURL) {
	t.Helper()
	begin := time.Now()
	if out, err := command(t, url, "migrate", "up").CombinedOutput(); err != nil {
		t.Fatalf("migrate up: %v\n%s", err, out)
	}
	if took := time.Since(begin); took > 30*time.Second { // a lock would take minutes
		t.Errorf("migrate up took %s", took)
	}
	if err := schema.Check(t.Context(), testdb.Open(t, url)); err != nil {
		t.Error(err)
	}
	p := serve(t, url)
	if got, err := request(t.Context(), http.DefaultClient, "POST", p.url+"/api/items", `{"name":"x"}`); err != nil || got.status != 201 {
		t.Errorf("after the repair: %v, %v", got, err)
	}
}

// TestStopUnderLoad sends SIGTERM while clients create items one after another.
// Each request gets its response, all acknowledged items exist, and the process
// exits with 0 within the deadline.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string) {
		url := testdb.NewURL(t, dialect)
		p := serve(t, url)
		var created atomic.Int64
		var clients, underLoad sync.WaitGroup
		const n = 8
		underLoad.Add(n)
		for range n {
			clients.Go(func() {
				client := &http.Client{Transport: &http.Transport{}, Timeout: testwait.Patience}
				defer client.CloseIdleConnections()
				busy := sync.OnceFunc(underLoad.Done)
				defer busy() // also after a failure
				for i := range 100_000 {
					got, err := request(context.Background(), client, "POST", p.url+"/api/items", `{"name":"load"}`)
					if err != nil || got.status != http.StatusCreated {
						t.Errorf("request: %v, %v", got, err)
					} else {
						created.Add(1)
					}
					if i == 10 {
						busy()
					}
					if err != nil || got.closes {
						return
					}
				}
			})
		}
		underLoad.Wait()
		p.stop(t)
		clients.Wait()
		stored, err := testdb.Open(t, url).NewSelect().Table("items").Count(t.Context())
		if err != nil || stored != created.Load() {
			t.Errorf("%d items were acknowledged and %d are stored: %v", created.Load(), stored, err)
		}
	})
}

// TestFootprint checks the start time and the memory of a process without
// pending migrations. Memory is the peak until the process is ready, in one
// attempt. For the start, the best attempt counts, and the first fast one ends
// the test. Other work of the machine only slows a start down. So the least of
// several is at least the product's own time, and a product that is too slow
// has no fast attempt.
func TestFootprint(t *testing.T) {
	const maxTries, maxStart, maxResident = 40, 500 * time.Millisecond, 40 << 10
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			url := testdb.NewURL(t, dialect)
			start, resident := time.Hour, 0
			for tries := 0; tries < maxTries && start > maxStart; tries++ {
				p := serve(t, url)
				if err := get(t.Context(), p.url+"/ready"); err != nil {
					t.Fatal(err)
				}
				start = min(start, time.Since(p.started))
				resident = max(resident, mostResidentKB(t, p.cmd.Process.Pid))
				p.stop(t)
			}
			t.Logf("ready after %s, %d KB resident", start, resident)
			if start > maxStart || resident > maxResident {
				t.Errorf("ready after %s with %d KB resident; at most %s and %d KB", start, resident, maxStart, maxResident)
			}
		})
	}
}

func get(ctx context.Context, url string) error {
	got, err := request(ctx, http.DefaultClient, "GET", url, "")
	if err == nil && got.status != http.StatusOK {
		err = fmt.Errorf("%s answered %d", url, got.status)
	}
	return err
}

// mostResidentKB returns the peak memory of the process.
func mostResidentKB(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skip("no /proc on this system:", err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kb int
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatal(err)
	}
	return kb
}

// TestAChangeNudges proves that the program notifies the worker of an item, by
// the Redis in its environment.
func TestAChangeNudges(t *testing.T) {
	t.Parallel()
	redis, redisURL := testredis.Embedded(t)
	p := serve(t, testdb.EmptyURL(t, "sqlite"), "FUALAB_REDIS_URL="+redisURL.Reveal())
	if got, err := request(t.Context(), http.DefaultClient, "POST", p.url+"/api/items", `{"name":"x"}`); err != nil || got.status != 201 {
		t.Fatalf("create: %v, %v", got, err)
	}
	p.stop(t) // it sends the waiting notifications
	if list, err := redis.List(runs.NudgeKey(items.EnrichTask)); err != nil || len(list) != 1 || list[0] != items.EnrichTask {
		t.Errorf("nudges: %v, %v", list, err)
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	url := testdb.EmptyURL(t, "sqlite")
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"migrate status", 0, "platform/0001 base                 pending"},
		{"migrate down", 0, "there is no migration to revert"},
		{"migrate up", 0, "the schema is up to date"},
		{"migrate up", 0, "0 migrations applied"},
		{"migrate status", 0, "product/0001  items                applied 20"},
		{"migrate down", 0, "migration product/0001 reverted"},
		{"migrate sideways", 2, "unknown command"},
		{"migrate", 2, "unknown command"},
		{"nonsense", 2, "unknown command"},
		{"help", 0, "usage: fualab-api"},
		{"version", 0, "fualab-api "},
		{"openapi", 0, `"openapi": "3.1.0"`},
		{"healthcheck", 1, "health check"},
	} {
		out, err := command(t, url, strings.Fields(tt.args)...).CombinedOutput()
		code := 0
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			code = exit.ExitCode()
		}
		if code != tt.code || !strings.Contains(string(out), tt.want) {
			t.Errorf("%s: exit %d, want %d, with %q in:\n%s", tt.args, code, tt.code, tt.want, out)
		}
	}
}

// TestServesOnlyWithTheSchema covers FUALAB_MIGRATE_ON_START=false, which needs
// an earlier migration.
func TestServesOnlyWithTheSchema(t *testing.T) {
	t.Parallel()
	err := Run(t.Context(), nil, []string{"FUALAB_DATABASE_URL=" + testdb.EmptyURL(t, "sqlite").Reveal(), "FUALAB_API_ADDR=127.0.0.1:0", "FUALAB_MIGRATE_ON_START=false"}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "fualab-api migrate up") {
		t.Errorf("got %v", err)
	}
}
