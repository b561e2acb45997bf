package outage

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTracker(t *testing.T) {
	t.Parallel()
	const fail, succeed = true, false
	for _, tc := range []struct {
		name  string
		every time.Duration
		seen  []bool // one for each second
		said  []int  // the seconds with a log line
	}{
		{"all is well", 3 * time.Second, []bool{succeed, succeed}, nil},
		{"one failure", 3 * time.Second, []bool{fail, succeed, succeed}, []int{0, 1}},
		{"reminders", 3 * time.Second, []bool{fail, fail, fail, fail, fail, fail, fail, succeed}, []int{0, 3, 6, 7}},
		{"no reminders", 0, []bool{succeed, fail, fail, fail, fail, succeed}, []int{1, 5}},
		{"twice", 3 * time.Second, []bool{fail, succeed, fail, fail, succeed}, []int{0, 1, 2, 4}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tracker := Tracker{Every: tc.every}
			var said []int
			for second, failed := range tc.seen {
				now := time.Unix(int64(second), 0)
				say := failed && tracker.Failed(now)
				if !failed {
					_, say = tracker.Recovered(now)
				}
				if say {
					said = append(said, second)
				}
			}
			if diff := cmp.Diff(tc.said, said); diff != "" {
				t.Errorf("seconds with something to log (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecoveredTellsHowLong(t *testing.T) {
	t.Parallel()
	var tracker Tracker
	begin := time.Unix(1000, 0)
	tracker.Failed(begin)
	tracker.Failed(begin.Add(time.Second))
	if lasted, ended := tracker.Recovered(begin.Add(5 * time.Second)); !ended || lasted != 5*time.Second {
		t.Errorf("recovered after %s, %t; want 5s, true", lasted, ended)
	}
}
