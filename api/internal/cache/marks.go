package cache

import (
	"sync/atomic"
	"time"
)

// markCount is the number of marks for the records of a kind. Records with the
// same mark are invalidated together, which costs a read. In return, marks need
// no removal.
const markCount = 4096

// marks are the times of the last changes of a kind. A read from before a mark
// may lack the change. Marks only rise.
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

// of returns the newest mark of key.
func (m *marks) of(key Key) time.Duration {
	own := &m.pages
	if !key.page {
		own = m.ofRecord(key.id)
	}
	return time.Duration(max(own.Load(), m.all.Load()))
}

func (m *marks) ofRecord(id int64) *atomic.Int64 { return &m.record[uint64(id)%markCount] } //nolint:gosec // any number will do

// raise never lowers a mark, so a later caller's value stays.
func raise(mark *atomic.Int64, to time.Duration) {
	for {
		was := mark.Load()
		if was >= int64(to) || mark.CompareAndSwap(was, int64(to)) {
			return
		}
	}
}
