package cache

import (
	"sync/atomic"
	"time"
)

// markCount is how many marks the records of a kind share. Two that share one
// are invalidated together, which costs a read, and no mark is ever to be cleared
// away.
const markCount = 4096

// marks hold when something of a kind was last changed: what was read from an earlier
// moment on may not show it. They only rise.
type marks struct {
	all    atomic.Int64
	pages  atomic.Int64
	record [markCount]atomic.Int64
}

func (m *marks) records(at time.Duration, ids []int64) {
	for _, id := range ids {
		raise(m.ofRecord(id), at)
	}
	raise(&m.pages, at)
}

func (m *marks) everything(at time.Duration) { raise(&m.all, at) }

// of returns the newest mark that concerns key.
func (m *marks) of(key Key) time.Duration {
	own := &m.pages
	if !key.page {
		own = m.ofRecord(key.id)
	}
	return time.Duration(max(own.Load(), m.all.Load()))
}

func (m *marks) ofRecord(id int64) *atomic.Int64 { return &m.record[uint64(id)%markCount] } //nolint:gosec // any number will do

// raise never takes back what a later caller has set.
func raise(mark *atomic.Int64, to time.Duration) {
	for {
		was := mark.Load()
		if was >= int64(to) || mark.CompareAndSwap(was, int64(to)) {
			return
		}
	}
}
