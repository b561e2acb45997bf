package database

import (
	"path/filepath"
	"time"
)

// Usage describes a database's connections.
type Usage struct {
	Used, Idle, Max int
	Waits           int64         // number of queries that waited for a connection
	Waited          time.Duration // their total wait
}

// Usage returns the pool's present numbers.
func (db *DB) Usage() Usage {
	s := db.Stats()
	if db.Pool == nil {
		return Usage{Used: s.InUse, Idle: s.Idle, Max: s.MaxOpenConnections, Waits: s.WaitCount, Waited: s.WaitDuration}
	}
	// Most queries wait in database/sql, and the pool's own queries wait in the
	// pool.
	p := db.Pool.Stat()
	return Usage{
		Used: int(p.AcquiredConns()), Idle: int(p.IdleConns()), Max: int(p.MaxConns()),
		Waits: s.WaitCount + p.EmptyAcquireCount(), Waited: s.WaitDuration + p.EmptyAcquireWaitTime(),
	}
}

// Disk returns the free bytes and the size of the disk with SQLite's file.
// known is false for Postgres, and on systems without these numbers.
func (db *DB) Disk() (free, size uint64, known bool) {
	if db.file == "" {
		return 0, 0, false
	}
	return disk(filepath.Dir(db.file))
}

// DiskAt is Disk for any directory.
func DiskAt(dir string) (free, size uint64, known bool) { return disk(dir) }
