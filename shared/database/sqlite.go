package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/driver/sqliteshim"

	"github.com/fualab/fualab/shared/config"
)

// SQLitePath returns the path of a sqlite: URL; see
// config.DatabaseURL.SQLitePath.
func SQLitePath(u config.DatabaseURL) (string, error) { return u.SQLitePath() }

// SQLiteURL is the inverse of SQLitePath.
func SQLiteURL(path string) config.DatabaseURL {
	u := url.URL{Scheme: "sqlite", Path: "/" + filepath.ToSlash(path)}
	return config.DatabaseURL("sqlite://" + u.EscapedPath())
}

// sqliteOptions: WAL lets readers work beside the one writer. A writer waits up
// to five seconds for another. Transactions take the write lock when they
// begin, so that none fails half-way. synchronous=NORMAL keeps every commit
// through a crash of the process.
const sqliteOptions = "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)" +
	"&_pragma=synchronous(NORMAL)&_pragma=foreign_keys(1)&_txlock=immediate"

func openSQLite(_ context.Context, o Options) (*DB, error) {
	path, err := SQLitePath(o.URL)
	if err != nil {
		return nil, err
	}
	if err := writable(path); err != nil {
		return nil, err
	}
	if err := private(path); err != nil {
		return nil, err
	}
	sqldb, err := sql.Open(sqliteshim.ShimName, "file:"+(&url.URL{Path: path}).EscapedPath()+sqliteOptions)
	if err != nil {
		return nil, err
	}
	sqldb.SetMaxOpenConns(maxConns(o.MaxConns))
	sqldb.SetMaxIdleConns(4)
	sqldb.SetConnMaxIdleTime(5 * time.Minute)
	return &DB{DB: bun.NewDB(sqldb, sqlitedialect.New()), file: path}, nil
}

// writable makes sure that the database's directory exists and that this user
// can create files there. SQLite itself only reports "unable to open database
// file".
func writable(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cannot make the directory %s (%w): make it, or name another path", dir, cause(err))
	}
	probe, err := os.CreateTemp(dir, ".fualab-write-*")
	if err != nil {
		return fmt.Errorf("cannot write in the directory %s (%w): give this user write access to it, or name another path", dir, cause(err))
	}
	_ = probe.Close()
	return os.Remove(probe.Name())
}

// private makes sure that the database's file exists, that this user may write
// it and that no other user may read it, whatever the umask. The same holds for
// its companion files, which SQLite creates with the database's mode. It does
// not open an existing file: closing it would release the locks that SQLite
// holds for the process.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the file that the settings name
	if err == nil {
		return errors.Join(f.Chmod(0o600), f.Close())
	}
	if !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("cannot make the file %s (%w): give this user write access to its directory, or name another path", path, cause(err))
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if err := mayWrite(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot write the file %s (%w): give this user write access to it, or name another path", name, err)
		}
		// The mode of another user's file does not change if this user may
		// write the file.
		if err := os.Chmod(name, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("cannot keep other users from %s (%w): correct its owner, or name another path", name, cause(err))
		}
	}
	return nil
}

// checkFile returns an error if the open file is not the file at its path.
func (db *DB) checkFile() error {
	now, err := os.Stat(db.file)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !os.SameFile(now, db.opened):
		return FileGone
	}
	return err
}
