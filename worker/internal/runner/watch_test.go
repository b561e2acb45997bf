package runner

import (
	"testing"
	"time"

	"github.com/fualab/fualab/shared/model"
)

// TestWatch proves that a worker with any clock is alive while its heartbeats
// change.
func TestWatch(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	w := watch{deadAfter: 45 * time.Second}
	look := func(second int, beats map[string]int) {
		t.Helper()
		rows := make(map[string]model.Time, len(beats))
		for instance, beat := range beats {
			rows[instance] = model.NewTime(start.Add(time.Duration(beat) * time.Second))
		}
		w.look(start.Add(time.Duration(second)*time.Second), rows)
	}
	for second := range 100 {
		look(second, map[string]int{"ahead": 3600 + second/15*15, "behind": -3600 + second/15*15, "dies": min(second, 20)})
		if w.dead("ahead") || w.dead("behind") {
			t.Fatalf("second %d: a worker with a wrong clock is dead", second)
		}
		if got, want := w.dead("dies"), second >= 20+45; got != want {
			t.Fatalf("second %d: dead is %t, want %t", second, got, want)
		}
		if !w.dead("never was") {
			t.Fatal("a worker without a row lives")
		}
	}
	// During an outage of the database, no worker could write a heartbeat, and
	// this one did not look.
	for second := 200; second < 300; second++ {
		look(second, map[string]int{"ahead": 3600 + 90})
		if got, want := w.dead("ahead"), second >= 245; got != want {
			t.Fatalf("second %d, after a gap: dead is %t, want %t", second, got, want)
		}
	}
}
