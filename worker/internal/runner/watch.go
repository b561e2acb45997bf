package runner

import (
	"time"

	"github.com/fualab/fualab/shared/model"
)

// blind is how long a watch may not have looked before it starts anew: what it
// has not seen while the database was away, others could not write either.
const blind = 10 * time.Second

// watch tells which workers are dead: those without a heartbeat's row, and
// those whose row has not changed for deadAfter while it was watched. Only this
// machine's clock counts, and no time of day: another's may be wrong.
type watch struct {
	deadAfter time.Duration
	looked    time.Time
	seen      map[string]sight
}

// sight is a worker's newest beat and when it was first seen.
type sight struct {
	beat  model.Time
	since time.Time
}

// look takes in each worker's last beat, as read now.
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
