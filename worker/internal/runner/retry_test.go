package runner

import (
	"testing"
	"time"

	"github.com/fualab/fualab/worker/internal/task"
)

func TestWait(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		policy  task.Retry
		attempt int
		want    time.Duration
	}{
		{"after the first", task.Retry{}, 1, time.Second},
		{"after the fourth", task.Retry{}, 4, 8 * time.Second},
		{"up to ten minutes", task.Retry{}, 11, 10 * time.Minute},
		{"for ever", task.Retry{}, 1 << 40, 10 * time.Minute},
		{"a task's own", task.Retry{First: time.Minute, Most: time.Hour}, 3, 4 * time.Minute},
		{"a task's own bound", task.Retry{First: time.Minute, Most: 90 * time.Second}, 2, 90 * time.Second},
		{"before any", task.Retry{}, 0, time.Second},
	} {
		least, most := time.Duration(1<<62), time.Duration(0)
		for range 2000 {
			got := wait(tt.policy, tt.attempt)
			least, most = min(least, got), max(most, got)
		}
		if low, high := tt.want*4/5, tt.want*6/5+1; least < low || most > high {
			t.Errorf("%s: from %s to %s, want %s give or take a fifth", tt.name, least, most, tt.want)
		}
		if most-least < tt.want/5 {
			t.Errorf("%s: from %s to %s is little jitter", tt.name, least, most)
		}
	}
}
