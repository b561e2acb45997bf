package health

import (
	"context"
	"errors"
	"log/slog"
	"sync"
)

// Journal logs when a dependency goes down, with the cause, and when it is
// back. It logs each change once, however often the dependency is checked. It
// is safe for concurrent use.
type Journal struct {
	log *slog.Logger

	mu   sync.Mutex
	down map[string]bool
}

// NewJournal returns a Journal in which nothing is down.
func NewJournal(log *slog.Logger) *Journal {
	return &Journal{log: log, down: make(map[string]bool)}
}

// Note records the state of the dependency called name.
func (j *Journal) Note(ctx context.Context, name string, d Dependency) {
	if errors.Is(d.cause, context.Canceled) {
		return // the caller cancelled the check; the dependency's state is unknown
	}
	down := d.Status == "down"
	j.mu.Lock()
	changed := j.down[name] != down
	j.down[name] = down
	j.mu.Unlock()
	switch {
	case !changed:
	case down:
		j.log.WarnContext(ctx, "dependency down", "dependency", name, "error", d.cause)
	default:
		j.log.InfoContext(ctx, "dependency back", "dependency", name)
	}
}
