package database

import (
	"context"
	"fmt"
)

// historyTable identifies the database. Each restore of a dump makes the table
// anew, with another object id.
const historyTable = `(SELECT oid FROM pg_database WHERE datname = current_database()), 'history'::regclass::oid`

// timeline changes when a standby is promoted, and at a restore to a point in
// time. A standby has no timeline of its own.
const timeline = `CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END`

// History returns a short name of the database's history. Each restore and each
// promotion changes the name. Then version counters may have gone back, and old
// ETags are void. On SQLite, the name is the user version, which a restore by
// fualab-api changes.
func (db *DB) History(ctx context.Context) (string, error) {
	const letters = 6
	if db.IsPostgres() {
		var name string
		err := db.NewRaw("SELECT md5(concat_ws('/', "+historyTable+", "+timeline+"))").Scan(ctx, &name)
		if err != nil && ctx.Err() == nil { // some providers do not tell the timeline
			err = db.NewRaw("SELECT md5(concat_ws('/', "+historyTable+"))").Scan(ctx, &name)
		}
		if err != nil {
			return "", Error(err, "select the database's history")
		}
		return name[:letters], nil
	}
	var restored uint32
	if err := db.NewRaw("PRAGMA user_version").Scan(ctx, &restored); err != nil {
		return "", Error(err, "select the database's history")
	}
	return fmt.Sprintf("%06x", restored&0xffffff), nil
}

// Connects returns the number of connections made to Postgres so far. The
// history can change only if a new connection was made. Connects is 0 on
// SQLite.
func (db *DB) Connects() uint64 {
	if db.connects == nil {
		return 0
	}
	return db.connects.Load()
}
