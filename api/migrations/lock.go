package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
)

// lockKey is the Postgres advisory lock that a migrating process holds.
const lockKey = 0x46554c41 // "FULA"

// lockWait is how long a process waits for another's migrations.
const lockWait = 15 * time.Minute

// locked runs f while no other process migrates this database. Both locks
// end with the process that holds them, however it ends.
func (m *Migrator) locked(ctx context.Context, f func() error) error {
	lock := m.lockPostgres
	if !m.db.IsPostgres() {
		lock = m.lockSQLite
	}
	unlock, err := lock(ctx)
	if err != nil {
		return fmt.Errorf("wait for another migration to end: %w", err)
	}
	err = m.migrator(m.all, markApplied).Init(ctx)
	if err == nil {
		err = f()
	}
	return errors.Join(err, unlock())
}

// lockPostgres takes a session's advisory lock on a connection of its own,
// for which the pool's statement timeout is lifted.
func (m *Migrator) lockPostgres(ctx context.Context) (unlock func() error, err error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	conn, err := m.db.DB.DB.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, fmt.Sprintf("SET statement_timeout = 0; SELECT pg_advisory_lock(%d)", lockKey)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() error {
		// The migrations' context may have ended; the lock must go all the same.
		_, err := conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("SELECT pg_advisory_unlock(%d); RESET statement_timeout", lockKey))
		return errors.Join(err, conn.Close())
	}, nil
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
	lock, err := database.Open(ctx, database.Options{URL: sqliteLockURL(path), MaxConns: 1, Log: m.log})
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
