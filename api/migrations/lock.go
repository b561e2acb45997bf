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
	// lockWait is how long a process waits for another's migrations.
	lockWait = 15 * time.Minute
	// lockPause is between two tries to get the lock. A session that waited for
	// it inside of a statement would hold a snapshot, for whose end CREATE INDEX
	// CONCURRENTLY in the process that has the lock would wait in turn.
	lockPause = 100 * time.Millisecond
)

// locked runs f while no other process migrates this database, on a database
// of which a statement may take its time. Both locks end with the process that
// holds them, however it ends, and not before what it was doing has.
func (m *Migrator) locked(ctx context.Context, f func(db *bun.DB) error) (err error) {
	if m.db.IsPostgres() {
		// The session that holds the lock is the one that migrates: that of a
		// killed process works on its last statement for a while, and the lock
		// goes when it ends.
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

// lockSQLite holds the write lock of a small database beside the real one,
// which itself must stay free for the migrations' own transactions.
func (m *Migrator) lockSQLite(ctx context.Context) (unlock func() error, err error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	var path string
	if err := m.db.NewRaw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(ctx, &path); err != nil {
		return nil, err
	}
	// It may be locked before it answers at all.
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

// beginImmediate tries until the lock is free: SQLite gives up after its busy
// timeout.
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
