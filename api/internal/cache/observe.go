package cache

import (
	"strings"

	"github.com/fualab/fualab/shared/events"
)

// Observe invalidates what e says has changed.
func (c *Cache) Observe(e events.Event) {
	switch {
	case e.Type == events.Reset:
		c.InvalidateAll()
	case !strings.HasPrefix(string(e.Type), "items."):
	case len(e.IDs) == 0:
		c.InvalidateAll()
	default:
		c.Invalidate(e.IDs...)
	}
}
