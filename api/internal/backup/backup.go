// Package backup saves a whole database in a file, and puts it back: SQLite by
// itself, Postgres by its own programs pg_dump, pg_restore and psql.
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

// appName names the connections of this package, so that it can tell them
// from those of the platform.
const appName = "fualab-backup"

// Options says which database is meant.
type Options struct {
	URL     config.DatabaseURL
	Environ []string // of this process, for the programs that it starts
	Log     *slog.Logger
}

// Save writes the database to file, which must not be there yet. What others
// write meanwhile is in it or not, by whole transactions. The file has
// everything, hashes of tokens too, and only this user may read it.
func Save(ctx context.Context, o Options, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s is there already: remove it, or name another file", file)
	}
	part := file + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the file that the operator names
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: another backup writes it, or was killed; in that case remove it", part)
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

// Restore makes the database what it was when file was saved. One that is
// there already is refused, unless replace is set. The platform must be
// stopped; that is looked at, too. After an error the database is what it was
// before. Restored tells where what was replaced is kept, "" for nowhere, and
// the newest migration.
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
	defer func() { _ = db.Close() }() // only read
	version, err := schema.Applied(ctx, db)
	return Restored{Kept: kept, Version: version}, err
}

// Restored is what Restore did.
type Restored struct {
	Kept    string // the file of the database that was replaced; "" if there was none, and on Postgres
	Version string // the newest migration of what was restored
}

func open(ctx context.Context, o Options) (*database.DB, error) {
	return database.Open(ctx, database.Options{URL: o.URL, AppName: appName, MaxConns: 2, Log: o.Log})
}

// newer refuses a backup of which this program does not know the schema.
func newer(version string) error {
	if !schema.Reached(schema.Version, version) {
		return fmt.Errorf("the backup is at migration %s, and this program knows %s: restore it with the newer program", version, schema.Version)
	}
	return nil
}
