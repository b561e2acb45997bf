// Package backup saves a whole database in a file, and restores it. SQLite does
// it by itself; Postgres needs its programs pg_dump, pg_restore and psql.
package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/schema"
)

// appName is the name of this package's connections, to distinguish them from
// the platform's.
const appName = "fualab-backup"

// Options names the database.
type Options struct {
	URL     config.DatabaseURL
	Environ []string // the environment of the programs that it starts
	Log     *slog.Logger
}

// Save writes the database to file, which must not exist. The file has each
// concurrent transaction completely or not at all. It contains all data,
// including hashes of tokens, so only this user may read it.
func Save(ctx context.Context, o Options, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s already exists: remove it, or name another file", file)
	}
	part := file + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the operator has named the file
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s already exists: another backup is writing it, or was killed; in that case remove it", part)
	}
	if err != nil {
		return fmt.Errorf("make the backup: %w", err)
	}
	save := savePostgres
	if _, err := database.SQLitePath(o.URL); err == nil {
		save = saveSQLite
	}
	err = save(ctx, o, part)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(part, file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return nil
}

// Restore replaces the database by the one in file. It refuses an existing
// database, unless replace is set. The platform must be stopped, which Restore
// checks. After an error, the database has not changed. Restored has the path
// of the replaced database, or "", and the newest migration.
func Restore(ctx context.Context, o Options, file string, replace bool) (Restored, error) {
	if _, err := os.Stat(file); err != nil {
		return Restored{}, fmt.Errorf("read the backup: %w", err)
	}
	var kept string
	var err error
	if path, notAFile := database.SQLitePath(o.URL); notAFile == nil {
		kept, err = restoreSQLite(ctx, path, file, replace)
	} else {
		err = restorePostgres(ctx, o, file, replace)
	}
	if err != nil {
		return Restored{}, err
	}
	db, err := open(ctx, o)
	if err != nil {
		return Restored{}, err
	}
	defer func() { _ = db.Close() }() // read only
	version, err := schema.Applied(ctx, db)
	return Restored{Kept: kept, Version: version}, err
}

// Restored is the result of Restore.
type Restored struct {
	Kept    string // the file of the replaced database; "" if there was none, and on Postgres
	Version string // the newest migration of the restored database
}

func open(ctx context.Context, o Options) (*database.DB, error) {
	return database.Open(ctx, database.Options{URL: o.URL, AppName: appName, MaxConns: 2, Log: o.Log})
}

// newer refuses a backup with a schema that is newer than this program.
func newer(version string) error {
	if !schema.Reached(schema.Version, version) {
		return fmt.Errorf("the backup is at migration %s, and this program supports %s: restore it with the newer program", version, schema.Version)
	}
	return nil
}
