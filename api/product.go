package api

import (
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/api/internal/items"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/config"
)

// This file lists the parts of the product. No other file of this package, and
// no package of the kit or the platform, names one.

// ProductConfig is the configuration of the product's parts.
type ProductConfig struct {
	ImportMaxBytes int64 `env:"IMPORT_MAX_BYTES" envDefault:"268435456" doc:"how large a file of items that is imported may be, as it is sent and unpacked, in bytes; 256 MiB"`
}

func (c ProductConfig) productFaults() []config.Fault {
	if c.ImportMaxBytes < 1 {
		return []config.Fault{{Variable: "FUALAB_IMPORT_MAX_BYTES", Message: "must be at least 1"}}
	}
	return nil
}

// cachedKinds are the records that the cache holds.
var cachedKinds = []cache.Kind{items.Resource().Kind()}

// registerProduct registers the operations of the product.
func registerProduct(api *rest.API, p Product) {
	items.Register(api, items.Config{
		DB: p.DB, Queue: p.Queue, Epochs: p.Epoch, Cache: p.Cache, Nudge: p.Nudge, Publish: p.Publish,
		ImportBytes: p.ImportMaxBytes, Now: p.Now, Log: p.Log,
	})
}

// words are the product's, for the platform's part of the document.
var words = console.Words{
	Record: "item", Task: "items.expire", Event: "items.created",
	Events: "items.created, .updated, .deleted, .restored, .enriched,\n.expired and .purged, ",
}

// description begins that of the document.
const description = `Named items with free-form attributes and an optional expiry, and the background tasks that look after them:
when each is due (schedules), what it did (runs), and who does it (workers).

Times are UTC, RFC 3339, with microseconds. Errors are ` + "`application/problem+json`" + ` (RFC 9457).
Lists are JSON arrays, paged by the Link header (RFC 8288). An item's ETag guards changes by If-Match
and saves transfers by If-None-Match (RFC 9110).`

// scopes tells the rights of each scope of a token, in the document.
const scopes = "Scopes: read looks at everything but tokens; write creates, changes, deletes, restores and imports items; admin changes schedules, starts and ends runs, lists and revokes tokens."
