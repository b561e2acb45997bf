package runner

import (
	"time"

	"github.com/fualab/fualab/shared/model"
)

// blind is the longest gap between two looks before a watch starts anew: while
// the database is down, no worker can write its heartbeat.
const blind = 10 * time.Second

// watch decides which workers are dead: those without a heartbeat row, and
// those whose row did not change for deadAfter during the watch. It uses only
// this machine's monotonic clock, because the clocks of other machines may be
// wrong.
type watch struct {
	deadAfter time.Duration
	looked    time.Time
	seen      map[string]sight
}

// sight is a worker's newest heartbeat, with the time of its first sight.
type sight struct {
	beat  model.Time
	since time.Time
}

// look records each worker's last heartbeat, as read now.
func (w *watch) look(now time.Time, beats map[string]model.Time) {
	anew := now.Sub(w.looked) > blind
	seen := make(map[string]sight, len(beats))
	for instance, beat := range beats {
		s, known := w.seen[instance]
		if anew || !known || s.beat != beat {
			s = sight{beat: beat, since: now}
		}
		seen[instance] = s
	}
	w.looked, w.seen = now, seen
}

// dead reports whether instance was dead at the last look.
func (w *watch) dead(instance string) bool {
	s, known := w.seen[instance]
	return !known || w.looked.Sub(s.since) >= w.deadAfter
}
