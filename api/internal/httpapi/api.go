// Package httpapi is FUALab's HTTP API: routes, decoding, answers, problems
// and the OpenAPI document. Nothing outside it knows HTTP.
package httpapi

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
	"github.com/gorilla/mux"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/limit"
	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/api/internal/store"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/health"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/redis"
)

// Deps is what the API stands on.
type Deps struct {
	Service      string              // name in /health
	Auth         *auth.Authenticator // who recognises callers; nil: everybody may do everything
	NoDocs       bool                // neither /docs nor /openapi.json
	Store        *store.Store
	Cache        *cache.Cache // of items and pages; nil: each is read from the database
	Redis        redis.Client // nil: runs without Redis
	HeartbeatTTL time.Duration
	Nudge        func(ctx context.Context, task string) // tells the worker of work without waiting for it; nil: nobody does
	Publish      func(events.Event)                     // tells who watches of a change, likewise; nil: nobody does
	Live         *live.Hub                              // what GET /api/events streams; nil: nothing
	Ping         time.Duration                          // between the signs of life of such a stream; 0: 15 s
	Draining     func() bool                            // reports that the process is about to stop
	Limit        *limit.Limiter                         // of requests, by caller; nil: none
	Failures     *limit.Failures                        // of tokens that are no good, by address; nil: no limit
	Trusted      []netip.Prefix                         // proxies whose X-Forwarded-For and -Proto are believed
	ImportBytes  int64                                  // most of an import's file; 0: 256 MiB
	Origins      []string                               // of pages that may call the API from a browser
	Now          func() time.Time
	Log          *slog.Logger
	Watchers     []httpserver.Watcher // of every request, beside the log
}

// New returns the API's handler.
func New(d Deps) http.Handler {
	handler, _ := build(d)
	return handler
}

// OpenAPI returns the OpenAPI 3.1 document in JSON, indented.
func OpenAPI() ([]byte, error) {
	_, api := build(Deps{Log: slog.New(slog.DiscardHandler)})
	return document(api)
}

func build(d Deps) (http.Handler, huma.API) {
	if d.Nudge == nil {
		d.Nudge = func(context.Context, string) {}
	}
	if d.Publish == nil {
		d.Publish = func(events.Event) {}
	}
	d.Ping = cmp.Or(d.Ping, ssePing)
	guard := newGuard(d)
	items := &itemHandlers{d.Store, d.Cache, d.Nudge, d.Publish}
	router, api := route(d, items, guard)
	h := guard.known(limited(cached(router, items, guard, d.Log), d.Limit, d.Trusted))
	h = secured(shared(h, d.Origins), d.Trusted)
	return middleware(h, d.Log, d.Watchers...), api
}

// route returns a router of all operations, which ask guard.
func route(d Deps, items *itemHandlers, guard *guard) (*mux.Router, huma.API) {
	router := mux.NewRouter()
	router.SkipClean(true) // no redirect from //x to /x, which mux answers with HTML
	api := newHuma(router)

	ops := operations{api, d.Log, guard}
	(&healthHandlers{d, health.NewJournal(d.Log), new(silences)}).register(ops)
	(&exportHandlers{store: d.Store, log: d.Log}).register(ops)
	items.register(ops)
	(&importHandlers{d.Store, cmp.Or(d.ImportBytes, 256<<20), d.Publish}).register(ops)
	(&scheduleHandlers{d.Store, d.Publish, d.Now}).register(ops)
	(&runHandlers{d.Store, d.Publish, d.Now}).register(ops)
	(&workerHandlers{d}).register(ops)
	(&statsHandlers{d.Store}).register(ops)
	(&eventHandlers{d, guard}).register(ops)
	(&tokenHandlers{d.Store}).register(ops)
	registerMe(ops)
	if !d.NoDocs {
		registerDocs(router, api)
	}

	router.Use(noteRoute, idempotent(d.Store, d.Log))
	router.NotFoundHandler = http.HandlerFunc(noRoute)
	router.MethodNotAllowedHandler = methodNotAllowed(router)
	return router, api
}

// newHuma configures the library: no route, hook or format of its own.
func newHuma(router *mux.Router) huma.API {
	cfg := huma.DefaultConfig("FUALab API", "1")
	cfg.Info.Description = apiDescription
	cfg.Info.Version = apiVersion
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	cfg.Components.SecuritySchemes = securitySchemes
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.CreateHooks = nil
	cfg.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	cfg.DefaultFormat = "application/json"
	cfg.RejectUnknownQueryParameters = true
	noNullLists()
	useProblems()
	return humamux.New(router, cfg)
}

// noNullLists documents lists as what they are: empty, never null. The setting
// is global to the library.
var noNullLists = sync.OnceFunc(func() { huma.DefaultArrayNullable = false })

// schemaName names a schema as clients know it: Item, for the type itemBody.
// Run is what GET /api/runs/{id} answers, Import what GET /api/imports/{id} does.
func schemaName(t reflect.Type, hint string) string {
	switch t {
	case reflect.TypeFor[*events.Run]():
		return "EventRun"
	case reflect.TypeFor[*events.Import]():
		return "EventImport"
	}
	return strings.TrimSuffix(huma.DefaultSchemaNamer(t, hint), "Body")
}

// apiVersion is the version of the HTTP interface, not of the program, which
// /health tells.
const apiVersion = "1.0.0"

const apiDescription = `Named items with free-form attributes and an optional expiry, and the background tasks that look after them:
when each is due (schedules), what it did (runs), and who does it (workers).

Times are UTC, RFC 3339, with microseconds. Errors are ` + "`application/problem+json`" + ` (RFC 9457).
Lists are JSON arrays, paged by the Link header (RFC 8288). An item's ETag guards changes by If-Match
and saves transfers by If-None-Match (RFC 9110).

Where requests are limited, answers tell how much is left: ` + "`RateLimit`" + ` and ` + "`RateLimit-Policy`" + ` (draft-ietf-httpapi-ratelimit-headers).
An answer of 429 says in Retry-After how many seconds to wait.`

// operations registers handlers. A handler returns any error; it becomes a
// Problem here and nowhere else.
type operations struct {
	api   huma.API
	log   *slog.Logger
	guard *guard
}

// workTimeout bounds the work for one request, once its body has been read;
// the database is told. The bodies of streams run without it.
const workTimeout = 15 * time.Second

// bodyTimeout is how long a body of maxBatchBody may take to arrive; huma gives
// the others 5 s.
const bodyTimeout = 30 * time.Second

// handle registers f for op. faults are the statuses, beside 414, 422, 429 and 5xx,
// that the documentation names.
func handle[I, O any](o operations, op huma.Operation, f func(context.Context, *I) (*O, error)) {
	if op.Method == http.MethodPost {
		documentKey(&op)
	}
	op.Errors = append(op.Errors, http.StatusRequestURITooLong, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable)
	o.guard.protect(&op)
	huma.Register(o.api, op, func(ctx context.Context, in *I) (*O, error) {
		ctx, cancel := context.WithTimeout(ctx, workTimeout)
		defer cancel()
		out, err := f(ctx, in)
		if err != nil {
			return nil, answer(ctx, o.log, err)
		}
		return out, nil
	})
}
