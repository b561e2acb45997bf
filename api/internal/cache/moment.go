package cache

import "time"

// MaxAge is the largest age of a cached response. It is 0.9 s instead of 1 s,
// because the clock is read before the database.
const MaxAge = 900 * time.Millisecond

// moment is a time by both clocks of a machine. An administrator can set the
// wall clock, and the monotonic clock may stop while the machine sleeps.
type moment struct {
	mono time.Duration // since a fixed time of this process; positive
	wall int64         // nanoseconds since 1970
}

func clock() func() moment {
	begin := time.Now()
	return func() moment {
		now := time.Now()
		return moment{1 + now.Sub(begin), now.UnixNano()}
	}
}

// young reports whether m is less than MaxAge before now by both clocks. After
// the wall clock was set back, earlier reads are old.
func (m moment) young(now moment) bool {
	mono, wall := now.mono-m.mono, time.Duration(now.wall-m.wall)
	return mono >= 0 && mono < MaxAge && wall >= 0 && wall < MaxAge
}
