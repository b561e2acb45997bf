package database

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/driver/sqliteshim"

	"github.com/fualab/fualab/shared/config"
)

// SQLitePath returns the file that a sqlite: URL names, in SQLAlchemy's form:
// three slashes before a relative path, four before an absolute one.
func SQLitePath(u config.DatabaseURL) (string, error) {
	p, err := url.Parse(u.Reveal())
	if err != nil || p.Scheme != "sqlite" || p.Host != "" || len(p.Path) < 2 {
		return "", fmt.Errorf("%s", config.DatabaseURLExpected)
	}
	return filepath.FromSlash(strings.TrimPrefix(p.Path, "/")), nil
}

// SQLiteURL is the inverse of SQLitePath.
func SQLiteURL(path string) config.DatabaseURL {
	u := url.URL{Scheme: "sqlite", Path: "/" + filepath.ToSlash(path)}
	return config.DatabaseURL("sqlite://" + u.EscapedPath())
}

// sqliteOptions: WAL lets readers and the one writer work side by side; a
// writer waits for another for up to five seconds; transactions take the
// write lock when they begin, so that none fails half-way for want of it.
// synchronous=NORMAL keeps every commit through a crash of the process.
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
	sqldb, err := sql.Open(sqliteshim.ShimName, "file:"+(&url.URL{Path: path}).EscapedPath()+sqliteOptions)
	if err != nil {
		return nil, err
	}
	sqldb.SetMaxOpenConns(maxConns(o.MaxConns))
	sqldb.SetMaxIdleConns(4)
	sqldb.SetConnMaxIdleTime(5 * time.Minute)
	return &DB{DB: bun.NewDB(sqldb, sqlitedialect.New()), file: path}, nil
}

// writable makes sure that the database's directory exists and that files
// can be made there: SQLite itself only says "unable to open database file".
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
