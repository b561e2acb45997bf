package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
)

// lockKey is the Postgres advisory lock that a migrating process holds.
const lockKey = 0x46554c41 // "FULA"

const (
	// lockWait is the longest wait for another process' migrations.
	lockWait = 15 * time.Minute
	// lockPause is the time between two attempts to get the lock. A session
	// that waits inside a statement holds a snapshot. CREATE INDEX CONCURRENTLY
	// in the locking process would wait for the end of that snapshot, and
	// neither would continue.
	lockPause = 100 * time.Millisecond
)

// locked runs f while no other process migrates this database. The database of
// f has no statement timeout. Both locks end with their process, even after a
// kill, but not before its last statement has ended.
func (m *Migrator) locked(ctx context.Context, f func(db *bun.DB) error) (err error) {
	if m.db.IsPostgres() {
		// The session with the lock also migrates. The session of a killed
		// process works on its last statement for a while, and its lock ends
		// with it.
		db, err := m.db.Patient(ctx, lockPostgres)
		if err != nil {
			return fmt.Errorf("connect for the migrations: %w", err)
		}
		return errors.Join(m.prepared(ctx, db.DB, f), db.Close())
	}
	unlock, err := m.lockSQLite(ctx)
	if err != nil {
		return fmt.Errorf("wait for another migration to end: %w", err)
	}
	return errors.Join(m.prepared(ctx, m.db.DB, f), unlock())
}

// lockPostgres tries until conn's session has the advisory lock.
func lockPostgres(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		var got bool
		err := conn.QueryRow(ctx, fmt.Sprintf("SELECT pg_try_advisory_lock(%d)", lockKey)).Scan(&got)
		if err != nil || got {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for another migration to end: %w", ctx.Err())
		case <-time.After(lockPause):
		}
	}
}

// lockSQLite locks a small database beside the real one, which must stay free
// for the migrations' own transactions.
func (m *Migrator) lockSQLite(ctx context.Context) (unlock func() error, err error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	var path string
	if err := m.db.NewRaw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(ctx, &path); err != nil {
		return nil, err
	}
	// It may be locked before its first answer.
	lock, err := database.Open(ctx, database.Options{URL: sqliteLockURL(path), MaxConns: 1, Wait: lockWait, Log: m.log})
	if err != nil {
		return nil, err
	}
	tx, err := beginImmediate(ctx, lock)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return func() error { return errors.Join(tx.Rollback(), lock.Close()) }, nil
}

func sqliteLockURL(path string) config.DatabaseURL { return database.SQLiteURL(path + ".migrate-lock") }

// beginImmediate retries until the lock is free, because SQLite gives up after
// its busy timeout.
func beginImmediate(ctx context.Context, db *database.DB) (*sql.Tx, error) {
	for {
		// The transaction outlives this function's deadline.
		tx, err := db.DB.DB.BeginTx(context.WithoutCancel(ctx), nil)
		if err == nil || !errs.Is(database.Error(err, "lock"), errs.Unavailable) {
			return tx, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(50 * time.Millisecond):
		}
	}
}
