package database

import (
	"path/filepath"
	"time"
)

// Usage is how much of its connections a database has in use.
type Usage struct {
	Used, Idle, Max int
	Waits           int64         // queries that waited for a connection
	Waited          time.Duration // all of them together
}

// Usage returns the pool's numbers.
func (db *DB) Usage() Usage {
	s := db.Stats()
	if db.Pool == nil {
		return Usage{Used: s.InUse, Idle: s.Idle, Max: s.MaxOpenConnections, Waits: s.WaitCount, Waited: s.WaitDuration}
	}
	// Most queries wait in database/sql, those that go to the pool itself there.
	p := db.Pool.Stat()
	return Usage{
		Used: int(p.AcquiredConns()), Idle: int(p.IdleConns()), Max: int(p.MaxConns()),
		Waits: s.WaitCount + p.EmptyAcquireCount(), Waited: s.WaitDuration + p.EmptyAcquireWaitTime(),
	}
}

// Disk returns how many bytes are free for the file of SQLite, and how many the
// disk has. Of Postgres, and where the system cannot tell, nothing is known.
func (db *DB) Disk() (free, size uint64, known bool) {
	if db.file == "" {
		return 0, 0, false
	}
	return disk(filepath.Dir(db.file))
}

// DiskAt is Disk for a directory, in which there need be no database.
func DiskAt(dir string) (free, size uint64, known bool) { return disk(dir) }
