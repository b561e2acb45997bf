package cache

import "time"

// MaxAge is how old an answer may become: what is missing to a second is for
// the time between the look at the clock and the look at the database.
const MaxAge = 900 * time.Millisecond

// moment is a point in time by both of a machine's clocks: the wall's may be
// set, and the monotonic one may stand still while the machine does.
type moment struct {
	mono time.Duration // since some moment of this process; positive
	wall int64         // nanoseconds since 1970
}

func clock() func() moment {
	begin := time.Now()
	return func() moment {
		now := time.Now()
		return moment{1 + now.Sub(begin), now.UnixNano()}
	}
}

// young reports whether m was less than MaxAge before now by both clocks. A
// wall clock that was set back makes what was read before it old.
func (m moment) young(now moment) bool {
	mono, wall := now.mono-m.mono, time.Duration(now.wall-m.wall)
	return mono >= 0 && mono < MaxAge && wall >= 0 && wall < MaxAge
}
