// Package rest is the kit of the HTTP API. It registers operations, decodes
// requests, makes problems of errors, and holds each request to the rules of
// access, limits, preconditions and idempotency. It knows no record and no path
// but those of the documentation.
//
// A part of the API registers its operations by Handle, and its cached records
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

// Config has the settings and the parts of an API. Log is required, and Keys for an API that
// serves requests; all others may be missing.
type Config struct {
	Title       string // of the document
	Version     string // of the HTTP interface, not of the program
	Description string
	Scopes      string // the rights of each scope, as a sentence of the document
	NoDocs      bool   // neither /docs nor /openapi.json

	Auth     *auth.Authenticator  // recognises callers; nil: each may do everything
	Failures *limit.Failures      // of invalid tokens, by address; nil: no limit
	Limit    *limit.Limiter       // of requests, by caller; nil: none
	Trusted  []netip.Prefix       // proxies whose X-Forwarded-For and -Proto are believed
	Origins  []string             // of pages that may call the API from a browser
	Keys     *idempotency.Keys    // of requests with an Idempotency-Key
	Cache    *cache.Cache         // of the records that Cached names; nil: each is read from the database
	Log      *slog.Logger         // of requests, and of the server's faults
	Watchers []httpserver.Watcher // of every request, beside the log
}

// API is a set of operations. It is complete once Handler is called, and not
// safe for concurrent use before.
type API struct {
	cfg    Config
	router *mux.Router
	huma   huma.API
	guard  *guard
	bounds *bounds
	cached []cached
	names  map[reflect.Type]string // of schemas, where the type's does not serve
}

// New returns an API without operations.
func New(cfg Config) *API {
	a := &API{cfg: cfg, router: mux.NewRouter(), names: map[reflect.Type]string{}}
	a.router.SkipClean(true) // no redirect from //x to /x, which mux answers with HTML
	a.guard, a.bounds = newGuard(a), newBounds(cfg)
	a.huma = newHuma(a)
	return a
}

// Handler returns the handler of all operations that have been registered.
func (a *API) Handler() http.Handler {
	if !a.cfg.NoDocs {
		registerDocs(a.router, a.huma)
	}
	a.router.Use(noteRoute, strictQuery(a.huma.OpenAPI()), idempotent(a.cfg.Keys, a.cfg.Log))
	a.router.NotFoundHandler = http.HandlerFunc(noRoute)
	a.router.MethodNotAllowedHandler = methodNotAllowed(a.router)
	// In this order: the caller, the scope, the limits. Only then is anything of the request read.
	h := a.bounds.count(a.fromDatabase(a.bounds.share(a.router)))
	h = limited(a.fromCache(h), a.cfg.Limit, a.cfg.Trusted)
	h = a.guard.known(a.guard.scoped(a.router, h))
	h = secured(shared(h, a.cfg.Origins), a.cfg.Trusted)
	return middleware(h, a.cfg.Log, a.cfg.Watchers...)
}

// Document returns the OpenAPI 3.1 document of the operations so far. A change
// of it before Handler is called changes the validation and the served document.
func (a *API) Document() *huma.OpenAPI { return a.huma.OpenAPI() }

// OpenAPI returns the document in JSON, indented.
func (a *API) OpenAPI() ([]byte, error) { return document(a.huma) }

// Routes returns each method and path that the API knows, such as
// "GET /api/runs/{id}", with a documentation that is registered.
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

// NameSchema has the document name the schema of a type so. Others are named as
// their type, without the suffix Body.
func (a *API) NameSchema(t reflect.Type, name string) { a.names[t] = name }

// JSON documents a response in JSON that looks like v.
func (a *API) JSON(v any) map[string]*huma.MediaType {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(v), true, "")
	return map[string]*huma.MediaType{"application/json": {Schema: schema}}
}

// newHuma configures the library: no route, hook or format of its own.
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

// strictly documents lists as empty instead of null, and has members match by
// their exact name alone. The settings are global to the library.
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

// Operation is an operation of the API, with the needs of its requests.
type Operation struct {
	huma.Operation

	// Scope is needed in the caller's token; AnyToken needs none.
	Scope auth.Scope
	// Class bounds the requests that are worked on at a time; nil: only by the
	// bounds of all.
	Class *Class
	// Counts reports whether a request with this query, as it is written, belongs
	// to Class; nil: each does.
	Counts func(query string) bool
}

// AnyToken is the Scope of an operation for each caller that is known.
const AnyToken auth.Scope = 1 << 7

// WorkTimeout bounds the work for one request, once its body has been read;
// the database is told. The bodies of streams run without it.
const WorkTimeout = 15 * time.Second

// BatchTimeout is how long a body of MaxBatchBody may take to arrive; huma gives
// the others 5 s.
const BatchTimeout = 30 * time.Second

// Bounds of a request's body, in bytes. huma refuses a body that reaches its
// bound, hence one more than the largest that is accepted.
const (
	MaxBody      = 1<<20 + 1
	MaxBatchBody = 8<<20 + 1
)

// Handle registers f for op, and documents its idempotency, its scope and the
// problems that each operation has. An error of f becomes a Problem here and
// nowhere else. It panics if op lacks a Scope, unless its path is open to all.
func Handle[I, O any](a *API, op Operation, f func(context.Context, *I) (*O, error)) {
	if op.Method == http.MethodPost {
		documentKey(&op.Operation)
	}
	op.Errors = append(op.Errors, http.StatusRequestURITooLong, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable)
	a.guard.protect(&op)
	a.bounds.add(&op)
	if op.Method != http.MethodGet && op.RequestBody == nil { // not a file
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
