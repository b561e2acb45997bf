package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

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
	// unlockTimeout is for a server that has gone: the lock goes with the
	// connection as well.
	unlockTimeout = 5 * time.Second
)

// locked runs f while no other process migrates this database, on a database
// of which a statement may take its time. Both locks end with the process that
// holds them, however it ends.
func (m *Migrator) locked(ctx context.Context, f func(db *bun.DB) error) (err error) {
	db, lock := m.db, m.lockSQLite
	if m.db.IsPostgres() {
		// The lock takes one connection and the migrations another; the
		// service's own pool may have one only.
		if db, err = m.db.Patient(ctx, 2); err != nil {
			return fmt.Errorf("connect for the migrations: %w", err)
		}
		defer func() { err = errors.Join(err, db.Close()) }()
		lock = func(ctx context.Context) (func() error, error) { return lockPostgres(ctx, db.DB) }
	}
	unlock, err := lock(ctx)
	if err != nil {
		return fmt.Errorf("wait for another migration to end: %w", err)
	}
	err = migrator(db.DB, m.all).Init(ctx)
	if err == nil {
		err = f(db.DB)
	}
	return errors.Join(err, unlock())
}

// lockPostgres takes a session's advisory lock on a connection of its own.
func lockPostgres(ctx context.Context, db *bun.DB) (unlock func() error, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if err := tryPostgres(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() error {
		// The migrations' context may have ended; the lock must go all the same.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTimeout)
		defer cancel()
		_, err := conn.ExecContext(ctx, fmt.Sprintf("SELECT pg_advisory_unlock(%d)", lockKey))
		return errors.Join(err, conn.Close())
	}, nil
}

// tryPostgres tries until the lock is free.
func tryPostgres(ctx context.Context, conn bun.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		var got bool
		err := conn.NewRaw(fmt.Sprintf("SELECT pg_try_advisory_lock(%d)", lockKey)).Scan(ctx, &got)
		if err != nil || got {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
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
