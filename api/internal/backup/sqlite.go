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
	if _, err := os.Stat(path); err != nil { // opening would create one
		return fmt.Errorf("FUALAB_DATABASE_URL: %w", err)
	}
	db, err := open(ctx, o)
	if err != nil {
		return err
	}
	// It reads in one transaction, and writers continue beside it.
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", part)
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("save %s: %w", path, err)
	}
	return intact(ctx, part)
}

// intact reads the whole backup, and leaves no file beside it.
func intact(ctx context.Context, file string) error {
	db, err := sql.Open(sqliteshim.ShimName, "file:"+escaped(file)+"?mode=ro&immutable=1")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // read only
	var says string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&says); err != nil {
		return fmt.Errorf("%s is not a readable SQLite database: %w", file, err)
	}
	if says != "ok" {
		return fmt.Errorf("%s is damaged: %s", file, says)
	}
	var version string
	if err := db.QueryRowContext(ctx, schema.Newest).Scan(&version); err != nil {
		return fmt.Errorf("%s is not a database of FUALab: %w", file, err)
	}
	return newer(version)
}

// restoreSQLite moves the copy to its place by one rename.
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

// beginHistory gives the database at path another history (database.History),
// because the versions of its rows continue from older ones.
func beginHistory(ctx context.Context, path string) error {
	db, err := sql.Open(sqliteshim.ShimName, "file:"+escaped(path))
	if err != nil {
		return err
	}
	// The number has 31 bits. A backup has the journal mode WAL; with DELETE,
	// no file stays beside it.
	_, err = db.ExecContext(ctx, fmt.Sprintf("PRAGMA journal_mode = DELETE; PRAGMA user_version = %d", 1+rand.Int32N(math.MaxInt32-1))) //nolint:gosec // a name, not a secret
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("begin a new history of the restored database: %w", err)
	}
	return nil
}

// putAside renames the database at path. It returns the new name, or "" if
// there was none.
func putAside(ctx context.Context, path string, replace bool) (kept string, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if !replace {
		return "", fmt.Errorf("%s already exists: use --replace to move it aside", path)
	}
	if err := release(ctx, path); err != nil {
		return "", err
	}
	kept = path + ".replaced-" + time.Now().UTC().Format("20060102T150405.000Z")
	// The log of a damaged database must not be used with the new one.
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+suffix, kept+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return kept, os.Link(path, kept)
}

// release proves that no program has the database at path open, because only
// the last program can remove its log. It accepts a damaged database.
func release(ctx context.Context, path string) error {
	db, err := sql.Open(sqliteshim.ShimName, "file:"+escaped(path))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // no write follows
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode = DELETE")
	if errs.Is(database.Error(err, "close"), errs.Unavailable) {
		return fmt.Errorf("%s is in use: stop the platform", path)
	}
	return nil
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from) //nolint:gosec // the operator has named the file
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()                                      // read only
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // beside the database
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// escaped is a path in the form of a file: URI.
func escaped(path string) string { return (&url.URL{Path: path}).EscapedPath() }
