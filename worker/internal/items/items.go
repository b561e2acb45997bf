// Package items holds the tasks of items, the sample: a file for each task, with
// its SQL beside it. The list of them is worker/product.go.
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
	Retention       time.Duration // how long a deleted item is kept
	ImportRetention time.Duration // how long an import that has ended is kept
	EventRetention  time.Duration // how long an item's events are kept, to count them again
}
