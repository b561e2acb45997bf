// Package items is the sample product: items with free-form attributes, their
// list, export, imports and statistics, with the SQL of each.
package items

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/epoch"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/runs"
)

// Kind names items in the cache and in the types of their events.
const Kind cache.Kind = "items"

const (
	itemsPath = "/api/items"
	itemPath  = "/api/items/{id}"
)

// Config has the settings and the parts of items. All but Cache, Nudge and Publish are required
// to serve requests, and Log in any case.
type Config struct {
	DB          *database.DB
	Queue       *runs.Client // of the runs, in DB
	Epochs      *epoch.Reader
	Cache       *cache.Cache                           // nil: each item is read from the database
	Nudge       func(ctx context.Context, task string) // tells the worker of work without waiting; nil: does not
	Publish     func(events.Event)                     // tells of a change, likewise; nil: does not
	ImportBytes int64                                  // most of an import's file; 0: 256 MiB
	Now         func() time.Time
	Log         *slog.Logger
}

// Register registers the operations of items.
func Register(api *rest.API, c Config) {
	if c.Nudge == nil {
		c.Nudge = func(context.Context, string) {}
	}
	if c.Publish == nil {
		c.Publish = func(events.Event) {}
	}
	store := NewStore(c.DB, c.Now)
	(&exportHandlers{store, c.Log}).register(api) // before the item's path, which would match it
	(&itemHandlers{store, c.Epochs, c.Cache, c.Nudge, c.Publish, c.Log}).register(api)
	(&importHandlers{&importStore{c.DB, c.Queue, c.Now}, cmp.Or(c.ImportBytes, 256<<20), c.Publish}).register(api)
	(&statsHandlers{store}).register(api)
}
