package doctor_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/doctor"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testport"
	"github.com/fualab/fualab/shared/testredis"
)

// examine returns the checks by name.
func examine(t *testing.T, environ ...string) (doctor.Report, map[string]doctor.Check) {
	t.Helper()
	report := doctor.Examine(t.Context(), append([]string{"FUALAB_API_ADDR=127.0.0.1:0", "FUALAB_WORKER_ADDR=127.0.0.1:0"}, environ...))
	byName := make(map[string]doctor.Check)
	for _, c := range report.Checks {
		if c.Status != doctor.OK && (c.Found == "" || c.Cure == "") {
			t.Errorf("%s: cause %q, cure %q", c.Name, c.Found, c.Cure)
		}
		byName[c.Name] = c
	}
	return report, byName
}

// check compares the status, and parts of the cause and the cure.
func check(t *testing.T, got doctor.Check, status doctor.Status, found, cure string) {
	t.Helper()
	if got.Status != status || !strings.Contains(got.Found, found) || !strings.Contains(got.Cure, cure) {
		t.Errorf("got %+v, want %s, %q, %q", got, status, found, cure)
	}
}

func beat(t *testing.T, db *database.DB, at time.Time) {
	t.Helper()
	w := &model.Worker{Instance: "w", Version: "test", StartedAt: model.NewTime(at), LastBeat: model.NewTime(at), Running: []string{}}
	if _, err := db.NewInsert().Model(w).On("CONFLICT (instance) DO UPDATE").Set("last_beat = EXCLUDED.last_beat").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestPlatform(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			url := testdb.NewURL(t, dialect)
			db := testdb.Open(t, url)
			setting := "FUALAB_DATABASE_URL=" + url.Reveal()

			report, got := examine(t, setting)
			check(t, got["worker"], doctor.Warning, "no worker has a heartbeat", "fualab-worker")
			check(t, got["redis"], doctor.OK, "not configured", "")
			if report.Status != doctor.Warning {
				t.Errorf("without a worker it is %s", report.Status)
			}

			beat(t, db, time.Now())
			report, _ = examine(t, setting)
			if diff := cmp.Diff(doctor.OK, report.Status); diff != "" {
				t.Errorf("a platform that is well (-want +got):\n%s\n%+v", diff, report.Checks)
			}

			beat(t, db, time.Now().Add(-time.Minute))
			_, got = examine(t, setting)
			check(t, got["worker"], doctor.Warning, "s old", "worker-heartbeat")

			change(t, db, "INSERT INTO bun_product_migrations (name, group_id) VALUES ('9999', 99)")
			_, got = examine(t, setting)
			check(t, got["schema"], doctor.Warning, "product/9999", "after a rollback")

			change(t, db, "DELETE FROM bun_migrations WHERE name = '0002'")
			_, got = examine(t, setting)
			check(t, got["schema"], doctor.Error, "platform/0002", "migrate up")
		})
	}
}

func change(t *testing.T, db *database.DB, query string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t, "postgres")
	db := testdb.Open(t, url)
	change(t, db, "REVOKE UPDATE ON item_stats FROM CURRENT_USER")
	change(t, db, "REVOKE ALL ON tokens FROM CURRENT_USER")
	_, got := examine(t, "FUALAB_DATABASE_URL="+url.Reveal())
	// A superuser has all rights, whatever is revoked.
	var super bool
	if err := db.NewRaw("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").Scan(t.Context(), &super); err != nil {
		t.Fatal(err)
	}
	if super {
		check(t, got["permissions"], doctor.OK, "all tables", "")
	} else {
		check(t, got["permissions"], doctor.Error, "item_stats, tokens", "GRANT")
	}

	separator := "?"
	if strings.Contains(url.Reveal(), "?") {
		separator = "&"
	}
	_, got = examine(t, "FUALAB_DATABASE_URL="+url.Reveal()+separator+"default_transaction_read_only=on")
	check(t, got["permissions"], doctor.Error, "is read-only", "primary")
}

func TestMissingDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "fualab.db")
	report, got := examine(t, "FUALAB_DATABASE_URL="+database.SQLiteURL(path).Reveal())
	check(t, got["database"], doctor.Error, path, "start the API")
	if report.Status != doctor.Error {
		t.Errorf("without a database it is %s", report.Status)
	}
	if _, err := os.Stat(filepath.Dir(path)); !os.IsNotExist(err) {
		t.Errorf("it made the directory: %v", err)
	}

	_, got = examine(t, "FUALAB_DATABASE_URL=postgresql://fualab:marker-s3cret@127.0.0.1:1/fualab")
	check(t, got["database"], doctor.Error, "nothing listens at 127.0.0.1:1 (connection refused)", "start Postgres there, or correct host and port")

	_, got = examine(t, "FUALAB_DATABASE_URL="+testdb.EmptyURL(t, "sqlite").Reveal())
	check(t, got["database"], doctor.Error, "there is no file", "start the API")
}

func TestEmptyDatabase(t *testing.T) {
	t.Parallel()
	url := testdb.EmptyURL(t, "sqlite")
	change(t, testdb.Open(t, url), "CREATE TABLE other (id INTEGER)")
	_, got := examine(t, "FUALAB_DATABASE_URL="+url.Reveal())
	check(t, got["schema"], doctor.Error, "no schema", "migrate up")
}

func TestSettings(t *testing.T) {
	t.Parallel()
	report, got := examine(t, "FUALAB_DATABASE_URL=mysql://fualab:marker-s3cret@db/fualab", "FUALAB_DATABSE_URL=x")
	if report.Status != doctor.Error || len(report.Checks) < 4 || strings.Contains(report.Checks[0].Found+report.Checks[1].Found, "marker-s3cret") {
		t.Errorf("%+v", report)
	}
	if _, looked := got["database"]; looked {
		t.Error("it checks a database with an invalid URL")
	}
	check(t, got["settings"], doctor.Error, "FUALAB_DATABSE_URL: no part of FUALab reads this variable", "did you mean FUALAB_DATABASE_URL?")
}

func TestRedis(t *testing.T) {
	t.Parallel()
	setting := "FUALAB_DATABASE_URL=" + testdb.EmptyURL(t, "sqlite").Reveal()
	server, url := testredis.Embedded(t)
	addr := server.Addr() // a stopped server does not tell it
	_, got := examine(t, setting, "FUALAB_REDIS_URL="+url.Reveal())
	check(t, got["redis"], doctor.OK, addr, "")

	guarded, _ := testredis.Embedded(t, "other")
	_, got = examine(t, setting, "FUALAB_REDIS_URL=redis://:marker-s3cret@"+guarded.Addr())
	check(t, got["redis"], doctor.Warning, guarded.Addr()+" refuses the password", "FUALAB_REDIS_URL")

	server.Close()
	_, got = examine(t, setting, "FUALAB_REDIS_URL="+url.Reveal())
	check(t, got["redis"], doctor.Warning, "nothing listens at "+addr, "start Redis")
}

func TestRealRedis(t *testing.T) {
	t.Parallel()
	_, got := examine(t, "FUALAB_DATABASE_URL="+testdb.EmptyURL(t, "sqlite").Reveal(), "FUALAB_REDIS_URL="+testredis.Server(t).Reveal())
	check(t, got["redis"], doctor.OK, ".", "")
	check(t, got["redis eviction"], doctor.OK, "maxmemory-policy", "")
}

func TestPorts(t *testing.T) {
	t.Parallel()
	setting := "FUALAB_DATABASE_URL=" + testdb.EmptyURL(t, "sqlite").Reveal()
	taken, err := httpserver.Listen(context.WithoutCancel(t.Context()), "127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, got := examine(t, setting, "FUALAB_API_ADDR="+testport.Reserve(t), "FUALAB_WORKER_ADDR="+taken.Addr().String())
	check(t, got["api port"], doctor.OK, "is free", "")
	check(t, got["worker port"], doctor.Error, "is taken by another program", "stop it, or set FUALAB_WORKER_ADDR")
}
