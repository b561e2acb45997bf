// Package items is the sample product: items with free-form attributes, which package resource serves as they are
// declared in item.go, their imports and their statistics.
package items

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/epoch"
	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/runs"
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
	if c.Publish == nil {
		c.Publish = func(events.Event) {}
	}
	Resource().Serve(api, resource.Deps{DB: c.DB, Epoch: c.Epochs, Now: c.Now, Cache: c.Cache, Publish: c.Publish, Nudge: c.Nudge, Log: c.Log})
	(&importHandlers{&importStore{c.DB, c.Queue, c.Now}, cmp.Or(c.ImportBytes, 256<<20), c.Publish}).register(api)
	(&statsHandlers{c.DB, c.Now}).register(api)
}
