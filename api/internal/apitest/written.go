package apitest

import (
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/testwait"
)

// Written is a log that can be waited for.
type Written struct{ lines chan string }

// NewWritten returns an empty log.
func NewWritten() *Written { return &Written{make(chan string, 10_000)} }

// Write adds a line.
func (w *Written) Write(p []byte) (int, error) {
	w.lines <- string(p)
	return len(p), nil
}

// Line waits for a line with part in it.
func (w *Written) Line(t *testing.T, part string) string {
	t.Helper()
	for deadline := time.After(testwait.Patience); ; {
		select {
		case line := <-w.lines:
			if strings.Contains(line, part) {
				return line
			}
		case <-deadline:
			t.Fatalf("the log has no line with %s", part)
		}
	}
}
