// Package items has the tasks of items, the sample: a file for each task, with
// its SQL beside it. worker/product.go lists them.
package items

import (
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
)

// Deps are the dependencies and settings of the tasks.
type Deps struct {
	DB              *database.DB
	Publish         func(events.Event) // nil publishes nothing
	Now             func() time.Time
	Retention       time.Duration // time that a deleted item is kept
	ImportRetention time.Duration // time that an ended import is kept
	EventRetention  time.Duration // time that an item's events are kept for counts
}
