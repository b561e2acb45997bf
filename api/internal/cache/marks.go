package cache

import (
	"sync/atomic"
	"time"
)

// markCount is how many marks items share. Who shares one is invalidated with
// the other, which costs a read, and no mark is ever to be cleared away.
const markCount = 4096

// marks hold when something was last changed: what was read from an earlier
// moment on may not show it. They only rise.
type marks struct {
	all   atomic.Int64
	pages atomic.Int64
	item  [markCount]atomic.Int64
}

func (m *marks) items(at time.Duration, ids []int64) {
	for _, id := range ids {
		raise(m.ofItem(id), at)
	}
	raise(&m.pages, at)
}

func (m *marks) everything(at time.Duration) { raise(&m.all, at) }

// of returns the newest mark that concerns key.
func (m *marks) of(key Key) time.Duration {
	own := &m.pages
	if key.kind == item {
		own = m.ofItem(key.id)
	}
	return time.Duration(max(own.Load(), m.all.Load()))
}

func (m *marks) ofItem(id int64) *atomic.Int64 { return &m.item[uint64(id)%markCount] } //nolint:gosec // any number will do

// raise never takes back what a later caller has set.
func raise(mark *atomic.Int64, to time.Duration) {
	for {
		was := mark.Load()
		if was >= int64(to) || mark.CompareAndSwap(was, int64(to)) {
			return
		}
	}
}
