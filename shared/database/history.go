package database

import (
	"context"
	"fmt"
)

// historyTable is made anew by each restore of a dump, with another object id.
const historyTable = `(SELECT oid FROM pg_database WHERE datname = current_database()), 'history'::regclass::oid`

// timeline changes with the promotion of a standby and with a restore to a point
// in time. A standby has none of its own.
const timeline = `CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END`

// History returns a short name of the database's history. The name is another
// one after each restore and each promotion, so that a version counter which
// has gone back means nothing that it meant before. On SQLite it is the user
// version, which a restore by fualab-api changes.
func (db *DB) History(ctx context.Context) (string, error) {
	const letters = 6
	if db.IsPostgres() {
		var name string
		err := db.NewRaw("SELECT md5(concat_ws('/', "+historyTable+", "+timeline+"))").Scan(ctx, &name)
		if err != nil && ctx.Err() == nil { // some providers have no timeline to ask for
			err = db.NewRaw("SELECT md5(concat_ws('/', "+historyTable+"))").Scan(ctx, &name)
		}
		if err != nil {
			return "", Error(err, "ask for the database's history")
		}
		return name[:letters], nil
	}
	var restored uint32
	if err := db.NewRaw("PRAGMA user_version").Scan(ctx, &restored); err != nil {
		return "", Error(err, "ask for the database's history")
	}
	return fmt.Sprintf("%06x", restored&0xffffff), nil
}

// Connects returns how many connections have been made to Postgres. The history
// can only have changed when a new one was made. It is 0 on SQLite.
func (db *DB) Connects() uint64 {
	if db.connects == nil {
		return 0
	}
	return db.connects.Load()
}
