// Package rest is the kit of the HTTP API. It registers operations, decodes
// requests, turns errors into problems, and enforces access, limits,
// preconditions and idempotency. It knows no entity, and no path except the
// documentation's.
//
// A part of the API registers its operations with Handle, and its cached
// records with API.Cached. API.Handler serves all of them.
//
//	request → caller → scope → rate limit → cache → limits of the class → router → idempotency → decode → handler
//	                                          └→ 200 from memory                                       └→ error → Problem
//
// by API.Cached. API.Handler serves all of them.
package rest

import (
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
	"github.com/fualab/fualab/api/internal/idempotency"
	"github.com/fualab/fualab/api/internal/limit"
	"github.com/fualab/fualab/shared/httpserver"
)

// Config has the settings and the parts of an API. Log is required, and so is
// Keys to serve requests. All other fields are optional.
type Config struct {
	Title       string // the title of the document
	Version     string // the version of the HTTP interface, not of the program
	Description string
	Scopes      string // the rights of each scope, as a sentence of the document
	NoDocs      bool   // neither /docs nor /openapi.json

	Auth     *auth.Authenticator  // authenticates callers; nil: all callers have all rights
	Failures *limit.Failures      // of invalid tokens, by address; nil: no limit
	Limit    *limit.Limiter       // of requests, by caller; nil: none
	Trusted  []netip.Prefix       // proxies with trusted X-Forwarded-For and -Proto
	Origins  []string             // origins of pages that may call the API from a browser
	Keys     *idempotency.Keys    // of requests with an Idempotency-Key
	Cache    *cache.Cache         // for the records of Cached; nil: no cache
	Log      *slog.Logger         // for requests, and for the server's faults
	Watchers []httpserver.Watcher // observers of all requests, beside the log
}

// API is a set of operations. Handler completes it. Before that, it is not safe
// for concurrent use.
type API struct {
	cfg    Config
	router *mux.Router
	huma   huma.API
	guard  *guard
	bounds *bounds
	cached []cached
	names  map[reflect.Type]string // schema names that differ from the type's
}

// New returns an API without operations.
func New(cfg Config) *API {
	a := &API{cfg: cfg, router: mux.NewRouter(), names: map[reflect.Type]string{}}
	a.router.SkipClean(true) // no redirect from //x to /x, which mux answers with HTML
	a.guard, a.bounds = newGuard(a), newBounds(cfg)
	a.huma = newHuma(a)
	return a
}

// Handler returns the handler of all registered operations.
func (a *API) Handler() http.Handler {
	if !a.cfg.NoDocs {
		registerDocs(a.router, a.huma)
	}
	a.router.Use(noteRoute, strictQuery(a.huma.OpenAPI()), idempotent(a.cfg.Keys, a.cfg.Log))
	a.router.NotFoundHandler = http.HandlerFunc(noRoute)
	a.router.MethodNotAllowedHandler = methodNotAllowed(a.router)
	// The order is: the caller, the scope, the limits. Only then is the rest of
	// the request read.
	h := a.bounds.count(a.fromDatabase(a.bounds.share(a.router)))
	h = limited(a.fromCache(h), a.cfg.Limit, a.cfg.Trusted)
	h = a.guard.authenticate(a.guard.authorize(a.router, h))
	h = secured(crossOrigin(h, a.cfg.Origins), a.cfg.Trusted)
	return middleware(h, a.cfg.Log, a.cfg.Watchers...)
}

// Document returns the OpenAPI 3.1 document of the operations so far. A change
// of it before Handler changes the validation and the served document.
func (a *API) Document() *huma.OpenAPI { return a.huma.OpenAPI() }

// OpenAPI returns the document in indented JSON.
func (a *API) OpenAPI() ([]byte, error) { return document(a.huma) }

// Routes returns all methods and paths of the API, such as
// "GET /api/runs/{id}", including the documentation's.
func (a *API) Routes() ([]string, error) {
	var routes []string
	err := a.router.Walk(func(r *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := r.GetPathTemplate()
		if err != nil {
			return err
		}
		methods, err := r.GetMethods()
		for _, method := range methods {
			routes = append(routes, method+" "+path)
		}
		return err
	})
	return routes, err
}

// NameSchema sets the name of a type's schema in the document. By default, it
// is the type's name without the suffix Body.
func (a *API) NameSchema(t reflect.Type, name string) { a.names[t] = name }

// JSON documents a JSON response of the form of v.
func (a *API) JSON(v any) map[string]*huma.MediaType {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(v), true, "")
	return map[string]*huma.MediaType{"application/json": {Schema: schema}}
}

// newHuma configures the library without routes, hooks or formats of its own.
func newHuma(a *API) huma.API {
	cfg := huma.DefaultConfig(a.cfg.Title, "1")
	cfg.Info.Description = a.cfg.Description
	cfg.Info.Version = a.cfg.Version
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", a.schemaName)
	cfg.Components.SecuritySchemes = securitySchemes(a.cfg.Scopes)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.CreateHooks = nil
	cfg.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	cfg.DefaultFormat = "application/json"
	cfg.RejectUnknownQueryParameters = true
	strictly()
	useProblems()
	return humamux.New(a.router, cfg)
}

// strictly documents lists as empty instead of null, and matches members by
// their exact name only. The settings are global to the library.
var strictly = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.ValidateStrictCasing = true
})

func (a *API) schemaName(t reflect.Type, hint string) string {
	if name, given := a.names[t]; given {
		return name
	}
	return strings.TrimSuffix(huma.DefaultSchemaNamer(t, hint), "Body")
}

// Operation is an operation of the API, with the requirements for its requests.
type Operation struct {
	huma.Operation

	// Scope is required of the caller; AnyToken requires none.
	Scope auth.Scope
	// Class limits concurrent requests; nil: only the general limits apply.
	Class *Class
	// Counts reports whether a request with this raw query belongs to Class;
	// nil: all do.
	Counts func(query string) bool
}

// AnyToken is the Scope of an operation for all authenticated callers.
const AnyToken auth.Scope = 1 << 7

// WorkTimeout limits the work for one request after its body was read. The
// database gets the same limit. The bodies of streams are not limited.
const WorkTimeout = 15 * time.Second

// BatchTimeout limits the arrival of a body of MaxBatchBody. For other bodies,
// huma's limit is 5 s.
const BatchTimeout = 30 * time.Second

// Limits of a request's body, in bytes. huma refuses a body that reaches its
// limit, hence one more than the largest accepted size.
const (
	MaxBody      = 1<<20 + 1
	MaxBatchBody = 8<<20 + 1
)

// Handle registers f for op. It documents the idempotency, the scope and the
// common problems of op. Only here does an error of f become a Problem. Handle
// panics if op has no Scope, unless its path is public.
func Handle[I, O any](a *API, op Operation, f func(context.Context, *I) (*O, error)) {
	if op.Method == http.MethodPost {
		documentKey(&op.Operation)
	}
	op.Errors = append(op.Errors, http.StatusRequestURITooLong, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable)
	a.guard.protect(&op)
	a.bounds.add(&op)
	if op.Method != http.MethodGet && op.RequestBody == nil { // not for a file
		op.Middlewares = append(huma.Middlewares{plainBody}, op.Middlewares...)
	}
	huma.Register(a.huma, op.Operation, func(ctx context.Context, in *I) (*O, error) {
		ctx, cancel := context.WithTimeout(ctx, WorkTimeout)
		defer cancel()
		out, err := f(ctx, in)
		if err != nil {
			return nil, answer(ctx, a.cfg.Log, err)
		}
		return out, nil
	})
}
