package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/uptrace/bun/driver/sqliteshim"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/schema"
)

func saveSQLite(ctx context.Context, o Options, part string) error {
	path, err := database.SQLitePath(o.URL)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil { // opening would make one
		return fmt.Errorf("FUALAB_DATABASE_URL: %w", err)
	}
	db, err := open(ctx, o)
	if err != nil {
		return err
	}
	// It reads in one transaction, and writers go on beside it.
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", part)
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("save %s: %w", path, err)
	}
	return intact(ctx, part)
}

// intact reads all of a backup, and changes nothing beside it.
func intact(ctx context.Context, file string) error {
	db, err := sql.Open(sqliteshim.ShimName, "file:"+escaped(file)+"?mode=ro&immutable=1")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // only read
	var says string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&says); err != nil {
		return fmt.Errorf("%s is not a SQLite database that can be read: %w", file, err)
	}
	if says != "ok" {
		return fmt.Errorf("%s is damaged: %s", file, says)
	}
	var version string
	if err := db.QueryRowContext(ctx, schema.Newest).Scan(&version); err != nil {
		return fmt.Errorf("%s is no database of FUALab: %w", file, err)
	}
	return newer(version)
}

// restoreSQLite brings the copy in place by one rename.
func restoreSQLite(ctx context.Context, path, file string, replace bool) (kept string, err error) {
	if err := intact(ctx, file); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	part := path + ".restoring"
	if err := copyFile(file, part); err != nil {
		return "", errors.Join(fmt.Errorf("copy the backup beside the database: %w", err), os.Remove(part))
	}
	if err := beginHistory(ctx, part); err != nil {
		return "", errors.Join(err, os.Remove(part))
	}
	if kept, err = putAside(ctx, path, replace); err != nil {
		return "", errors.Join(err, os.Remove(part))
	}
	return kept, os.Rename(part, path)
}

// beginHistory gives the database at path another history (database.History):
// the versions of its rows will count on from older ones.
func beginHistory(ctx context.Context, path string) error {
	db, err := sql.Open(sqliteshim.ShimName, "file:"+escaped(path))
	if err != nil {
		return err
	}
	// The number is one of 31 bits. A backup has the journal mode WAL: without it nothing of this stays beside the file.
	_, err = db.ExecContext(ctx, fmt.Sprintf("PRAGMA journal_mode = DELETE; PRAGMA user_version = %d", 1+rand.Int32N(math.MaxInt32-1))) //nolint:gosec // names, protects nothing
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("begin a history of the restored database: %w", err)
	}
	return nil
}

// putAside keeps the database at path under a second name, "" if there is none.
func putAside(ctx context.Context, path string, replace bool) (kept string, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if !replace {
		return "", fmt.Errorf("%s is there already: --replace puts it aside", path)
	}
	if err := release(ctx, path); err != nil {
		return "", err
	}
	kept = path + ".replaced-" + time.Now().UTC().Format("20060102T150405.000Z")
	// What a damaged database left of its log must not be taken for the new one's.
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+suffix, kept+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return kept, os.Link(path, kept)
}

// release makes sure that nobody has the database at path open: its log can
// only be done away with by the last one. One that is damaged passes.
func release(ctx context.Context, path string) error {
	db, err := sql.Open(sqliteshim.ShimName, "file:"+escaped(path))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // nothing is written afterwards
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode = DELETE")
	if errs.Is(database.Error(err, "close"), errs.Unavailable) {
		return fmt.Errorf("%s is in use: stop the platform", path)
	}
	return nil
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from) //nolint:gosec // the file that the operator names
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()                                      // only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // beside the database
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// escaped is a path as a file: URI has it.
func escaped(path string) string { return (&url.URL{Path: path}).EscapedPath() }
