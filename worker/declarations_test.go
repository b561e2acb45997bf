package worker

import (
	"testing"
	"time"

	"github.com/fualab/fualab/shared/cron"
)

// TestTasksAreComplete checks all tasks of a worker.
func TestTasksAreComplete(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, tt := range registered(Config{}, nil, time.Now, nil) {
		if _, err := cron.Validate(tt.Cron, "UTC"); err != nil {
			t.Errorf("%s: %v", tt.Name, err)
		}
		if seen[tt.Name] || tt.Name == "" || tt.Summary == "" || tt.MissedPolicy == "" || tt.OverlapPolicy == "" ||
			tt.Timeout <= 0 || tt.Run == nil {
			t.Errorf("incomplete: %+v", tt)
		}
		if b := tt.Backlog; b != nil && (b.Name == "" || b.Help == "" || b.Title == "" || b.Summary == "" || b.Limit <= 0 || b.Since == nil) {
			t.Errorf("%s has an incomplete backlog: %+v", tt.Name, b)
		}
		seen[tt.Name] = true
	}
}
