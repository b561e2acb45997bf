package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/api/migrations"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
)

// oldestTested is the oldest major version of Postgres in the tests.
const oldestTested = 15

// maxDrift is the largest difference between two clocks at which due times and
// heartbeats still look right to a user.
const maxDrift = 2 * time.Second

// examineDatabase checks the database, and the worker by its heartbeat.
func examineDatabase(ctx context.Context, cfg api.Config) []Check {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	path, err := database.SQLitePath(cfg.DatabaseURL)
	if isFile := err == nil; isFile {
		disk := examineDisk(path)
		if c := examineFile(path); c.Status != OK {
			return []Check{c, disk}
		}
		return append(examineServer(ctx, cfg, path), disk)
	}
	return examineServer(ctx, cfg, "")
}

// examineFile avoids creating a database by opening it.
func examineFile(path string) Check {
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the settings name the file
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Check{"database", Error, fmt.Sprintf("there is no file %s", path), "start the API, which creates it, or correct FUALAB_DATABASE_URL"}
	case errors.Is(err, fs.ErrPermission):
		return Check{"database", Error, fmt.Sprintf("this user may not write %s", path), "give this user write access to it"}
	case err != nil:
		return Check{"database", Error, fmt.Sprintf("%s cannot be opened", path), "name a file in FUALAB_DATABASE_URL"}
	}
	_ = f.Close() // no write happened
	return Check{Status: OK}
}

func examineServer(ctx context.Context, cfg api.Config, path string) []Check {
	cfg.Log, cfg.DatabaseWait = slog.New(slog.DiscardHandler), 0
	db, err := database.OpenConfigured(ctx, cfg.Common, "fualab-doctor", cfg.Log)
	if err != nil {
		return []Check{wrong("database", Error, err)}
	}
	defer func() { _ = db.Close() }() // read only
	begin := time.Now()
	facts, err := factsOf(ctx, db)
	if err != nil {
		return []Check{{"database", Error, err.Error(), "see the log of the database server"}}
	}
	checks := []Check{examineVersion(facts, where(cfg, path))}
	if db.IsPostgres() {
		middle := begin.Add(time.Since(begin) / 2)
		checks = append(checks, examineRights(facts, cfg.MigrateOnStart), examineClock(facts.Now.Sub(middle)))
	}
	m, err := migrations.New(db, cfg.Log)
	if err != nil {
		return append(checks, Check{"schema", Error, err.Error(), "build the program again: it contains no migrations"})
	}
	schema := examineSchema(m.Names(), facts.Applied)
	checks = append(checks, schema)
	if schema.Status != Error {
		checks = append(checks, examineWorker(ctx, db, cfg.HeartbeatTTL.Duration()))
	}
	return checks
}

// where names the database without its password.
func where(cfg api.Config, path string) string {
	u, err := url.Parse(cfg.DatabaseURL.Reveal())
	if path != "" || err != nil {
		return path
	}
	return strings.TrimPrefix(u.Path, "/") + " at " + u.Host
}

func examineVersion(f *facts, where string) Check {
	if f.Major == 0 {
		return Check{Name: "database", Status: OK, Found: "SQLite " + f.Server + ", " + where}
	}
	found := "Postgres " + f.Server + ", " + where
	if f.Major < oldestTested {
		return Check{"database", Warning, found, fmt.Sprintf("upgrade to %d or newer: no test of FUALab runs on an older one", oldestTested)}
	}
	return Check{Name: "database", Status: OK, Found: found}
}

func examineRights(f *facts, migrates bool) Check {
	switch {
	case f.ReadOnly:
		return Check{"permissions", Error, "the database is read-only: it is a standby, or default_transaction_read_only is on", "name the primary in FUALAB_DATABASE_URL, or turn that off"}
	case len(f.Denied) > 0:
		return Check{"permissions", Error, "this user may not read and write " + strings.Join(f.Denied, ", "), "as their owner: GRANT ALL ON ALL TABLES IN SCHEMA public TO this user"}
	case !f.MayCreate && migrates:
		return Check{"permissions", Warning, "this user may not create tables, which migrations need", "GRANT CREATE ON SCHEMA public TO this user, or migrate as another one with FUALAB_MIGRATE_ON_START=false"}
	}
	return Check{Name: "permissions", Status: OK, Found: "this user may read and write all tables"}
}

func examineClock(drift time.Duration) Check {
	found := fmt.Sprintf("the database's clock differs from this one by %.1f s", drift.Abs().Seconds())
	if drift.Abs() > maxDrift {
		return Check{"clock", Warning, found, "have both machines synchronise their clocks (NTP)"}
	}
	return Check{Name: "clock", Status: OK, Found: found}
}

// examineSchema compares this program's migrations with the applied ones.
func examineSchema(has, applied []string) Check {
	missing := slices.DeleteFunc(slices.Clone(has), func(name string) bool { return slices.Contains(applied, name) })
	newer := slices.DeleteFunc(slices.Clone(applied), func(name string) bool { return slices.Contains(has, name) })
	switch {
	case len(applied) == 0:
		return Check{"schema", Error, "the database has no schema", "start the API, or run `fualab-api migrate up`"}
	case len(missing) > 0:
		return Check{"schema", Error, "not applied: migration " + strings.Join(missing, ", "), "start this version of the API, or run its `fualab-api migrate up`"}
	case len(newer) > 0:
		return Check{"schema", Warning, "unknown to this program: migration " + strings.Join(newer, ", "), "none during a deployment or after a rollback; otherwise run the newer program"}
	}
	return Check{Name: "schema", Status: OK, Found: "at migration " + applied[len(applied)-1]}
}

func examineWorker(ctx context.Context, db *database.DB, ttl time.Duration) Check {
	const cure = "start a worker (fualab-worker); see the runbook worker-heartbeat"
	beat, err := console.LastBeat(ctx, db)
	switch {
	case errs.Is(err, errs.NotFound):
		return Check{"worker", Warning, "no worker has a heartbeat", cure}
	case err != nil:
		return Check{"worker", Warning, err.Error(), "see the log of the database server"}
	}
	age := time.Since(beat.Std())
	found := fmt.Sprintf("the newest heartbeat is %.0f s old", age.Seconds())
	if age > ttl {
		return Check{"worker", Warning, found, cure}
	}
	return Check{Name: "worker", Status: OK, Found: found}
}
