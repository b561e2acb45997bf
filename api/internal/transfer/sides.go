package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/fualab/fualab/api/migrations"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/schema"
)

// openSource returns a connection to the source that prevents writes by others.
// Its error names the necessary step.
func openSource(ctx context.Context, db *database.DB) (*sql.Conn, func() error, error) {
	if db.IsPostgres() {
		return nil, nil, errors.New("the source must be an SQLite database; pg_dump and pg_restore move a Postgres one")
	}
	if err := schema.Check(ctx, db); err != nil {
		return nil, nil, fmt.Errorf("the source: %w", err)
	}
	if err := same(ctx, db, "source"); err != nil {
		return nil, nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := quiet(ctx, conn.Conn); err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("another program writes to the source (%w): stop the platform that runs on it", err), conn.Close())
	}
	return conn.Conn, func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return errors.Join(err, conn.Close())
	}, nil
}

// quiet returns an error if a worker runs on the source, because its later
// writes would be lost.
func quiet(ctx context.Context, from *sql.Conn) error {
	var instance string
	var beat model.Time
	err := from.QueryRowContext(ctx, "SELECT instance, last_beat FROM workers ORDER BY last_beat DESC LIMIT 1").Scan(&instance, &beat)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the workers of the source: %w", err)
	}
	if age := time.Since(beat.Std()); age < beatsFor {
		return fmt.Errorf("the worker %s worked on the source %d s ago: stop the platform; if the worker was killed, wait until %d s have passed",
			instance, int(age.Seconds()), int(beatsFor.Seconds()))
	}
	return nil
}

// same returns an error unless db has exactly the schema of this program.
func same(ctx context.Context, db *database.DB, side string) error {
	applied, err := schema.Applied(ctx, db)
	if err == nil && applied != schema.Version {
		err = fmt.Errorf("the %s is at migration %q, and this program at %s: use the release of the %[1]s", side, applied, schema.Version)
	}
	return err
}

const (
	// copyLock is the Postgres advisory lock of a copy into a database.
	copyLock = 0x434f5059 // "COPY"
	// lockWait is the longest time until the connection of a killed copy ends.
	lockWait = time.Minute
)

// openTarget returns a connection to the target, migrated and with the mark of
// a copy. A target without a mark must have no table of the platform, or only
// empty ones.
func openTarget(ctx context.Context, o Options) (*pgxpool.Conn, func() error, error) {
	if !o.To.IsPostgres() {
		return nil, nil, errors.New("the target must be a Postgres database; to move a SQLite database, stop the platform and move its file")
	}
	db, err := o.To.Patient(ctx, lock)
	if err != nil {
		return nil, nil, err
	}
	conn, err := db.Pool.Acquire(ctx)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("connect to the target: %w", err), db.Close())
	}
	closeAll := func() error {
		conn.Release()
		return db.Close()
	}
	if err := prepare(ctx, conn, o); err != nil {
		return nil, nil, errors.Join(err, closeAll())
	}
	return conn, closeAll, nil
}

// lock retries until conn's session is the only copy.
func lock(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		var got bool
		if err := conn.QueryRow(ctx, fmt.Sprintf("SELECT pg_try_advisory_lock(%d)", copyLock)).Scan(&got); err != nil || got {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.New("another copy into the target is running: wait until it ends")
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// markTable exists during a copy, and names the source of the target's rows.
const markTable = "fualab_copy"

// prepare marks an empty target before it makes the schema. So a copy that is
// killed during the migration can continue.
func prepare(ctx context.Context, to *pgxpool.Conn, o Options) error {
	source, err := mark(ctx, to)
	if err != nil {
		return err
	}
	applied, err := schema.Applied(ctx, o.To)
	if err != nil {
		return err
	}
	switch {
	case source != "" && source != o.Source:
		return fmt.Errorf("the target has a part of a copy of %s: continue that copy, or name an empty database", source)
	case source == "" && applied == "":
		if err := setMark(ctx, to, o.Source); err != nil {
			return err
		}
	case source == "":
		return same(ctx, o.To, "target")
	}
	m, err := migrations.New(o.To, o.Log)
	if err != nil {
		return err
	}
	_, err = m.Up(ctx)
	return err
}

// mark returns the source of an incomplete copy in the target, or "".
func mark(ctx context.Context, to *pgxpool.Conn) (source string, err error) {
	var there bool
	if err := to.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", markTable).Scan(&there); err != nil || !there {
		return "", err
	}
	return source, to.QueryRow(ctx, "SELECT source FROM "+markTable).Scan(&source)
}

func setMark(ctx context.Context, to *pgxpool.Conn, source string) error {
	err := pgx.BeginFunc(ctx, to, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "CREATE TABLE "+markTable+" (source text NOT NULL)"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "INSERT INTO "+markTable+" VALUES ($1)", source)
		return err
	})
	if err != nil {
		return fmt.Errorf("mark the target: %w", err)
	}
	return nil
}

// begin marks a target with existing, empty tables.
func begin(ctx context.Context, to *pgxpool.Conn, plan []table, source string) error {
	marked, err := mark(ctx, to)
	if err != nil || marked != "" {
		return err
	}
	var full []string
	for _, t := range plan {
		var has bool
		if err := to.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+quote(t.name)+")").Scan(&has); err != nil {
			return err
		}
		if has {
			full = append(full, t.name)
		}
	}
	if len(full) > 0 {
		return fmt.Errorf("the target already has data in %s: name an empty database", strings.Join(full, ", "))
	}
	return setMark(ctx, to, source)
}

// finish sets the sequences, analyzes the tables for the planner, and removes
// the mark.
func finish(ctx context.Context, from *sql.Conn, to *pgxpool.Conn, plan []table) error {
	for _, t := range plan {
		for _, c := range t.columns {
			if !c.identity {
				continue
			}
			// SQLite remembers the highest id so far, as a sequence does.
			var last int64
			err := from.QueryRowContext(ctx, "SELECT seq FROM sqlite_sequence WHERE name = ?", t.name).Scan(&last)
			if errors.Is(err, sql.ErrNoRows) || err == nil && last == 0 {
				continue
			}
			if err == nil {
				_, err = to.Exec(ctx, "SELECT setval(pg_get_serial_sequence($1, $2), $3)", quote(t.name), c.name, last)
			}
			if err != nil {
				return fmt.Errorf("set the sequence of %s: %w", t.name, err)
			}
		}
	}
	if _, err := to.Exec(ctx, "ANALYZE"); err != nil {
		return fmt.Errorf("analyze the target: %w", err)
	}
	if _, err := to.Exec(ctx, "DROP TABLE "+markTable); err != nil {
		return fmt.Errorf("remove the mark of the target: %w", err)
	}
	return nil
}
