package cache

import (
	"strings"

	"github.com/fualab/fualab/shared/events"
)

// Observe invalidates the records that e names.
func (c *Cache) Observe(e events.Event) {
	kind, _, _ := strings.Cut(string(e.Type), ".")
	switch {
	case e.Type == events.Reset:
		c.InvalidateAll()
	case len(e.IDs) == 0:
		c.InvalidateKind(Kind(kind))
	default:
		c.Invalidate(Kind(kind), e.IDs...)
	}
}
