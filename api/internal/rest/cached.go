package rest

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/log"
)

// Resource is a kind of records whose GETs bypass the router: the API serves
// them from the cache, or by Read. The GET of a page is an operation, whose
// handler reads by Load.
type Resource struct {
	Kind  cache.Kind
	Noun  string     // the name of one record, for messages
	Path  string     // the path of a page; the path of a record has /{id} after it
	Scope auth.Scope // the scope that both need
	// Read returns a record, or an errs.NotFound error.
	Read func(ctx context.Context, id int64) (*cache.Entry, error)
}

// cached is a Resource, with the pattern of a record's path.
type cached struct {
	Resource
	record string
}

// Cached makes the API serve a resource from its cache. The operations of the
// same paths remain, for other forms of requests.
func (a *API) Cached(r Resource) { a.cached = append(a.cached, cached{r, r.Path + "/{id}"}) }

// fromCache serves GETs of records and pages from the cache, and passes all
// others to next. The callers have the right to read. Only 200s are cached, so
// a request with the exact words of an earlier one is valid.
func (a *API) fromCache(next http.Handler) http.Handler {
	c := a.cfg.Cache
	if c == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wanted, ok := a.readingOf(r); ok && !wanted.fresh {
			if entry, held := c.Get(wanted.key); held {
				log.RequestOf(r.Context()).Route = wanted.route
				writeEntry(w, r, wanted.of.Noun, entry)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// fromDatabase reads records for the cache without the router, which costs more
// than all other work. It tells next the page that it reads for the cache.
func (a *API) fromDatabase(next http.Handler) http.Handler {
	c := a.cfg.Cache
	if c == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wanted, ok := a.readingOf(r)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		if wanted.id == 0 {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), readingKey{}, wanted)))
			return
		}
		log.RequestOf(r.Context()).Route = wanted.route
		ctx, cancel := context.WithTimeout(r.Context(), WorkTimeout)
		defer cancel()
		of, id := wanted.of, wanted.id // so that wanted stays off the heap
		entry, err := wanted.load(ctx, c, func(ctx context.Context) (*cache.Entry, error) { return of.Read(ctx, id) })
		if err != nil {
			WriteError(w, r, a.cfg.Log, err)
			return
		}
		writeEntry(w, r, of.Noun, entry)
	})
}

// reading is a request for a record or a page.
type reading struct {
	of    *cached
	key   cache.Key
	id    int64 // of the record; 0 for a page
	route string
	fresh bool // read from the database
	keep  bool // cache the result
}

// readingOf returns the reading of r, if r requests a record or a page in the
// usual form.
func (a *API) readingOf(r *http.Request) (reading, bool) {
	if r.Method != http.MethodGet || r.URL.RawPath != "" {
		return reading{}, false
	}
	for i := range a.cached {
		if rest, ok := strings.CutPrefix(r.URL.Path, a.cached[i].Path); ok && (rest == "" || rest[0] == '/') {
			return a.cached[i].reading(r, rest)
		}
	}
	return reading{}, false
}

// reading returns the reading of r for this resource. rest is the end of the
// path after the path of a page.
func (of *cached) reading(r *http.Request, rest string) (reading, bool) {
	wanted := reading{of: of, fresh: wantsFresh(r.Header), keep: !hasDirective(r.Header, "no-store")}
	if rest == "" {
		wanted.key, wanted.route = cache.Page(of.Kind, r.URL.RawQuery), of.Path
		return wanted, true
	}
	digits := rest[1:]
	if digits == "" || digits[0] < '1' || digits[0] > '9' || r.URL.RawQuery != "" {
		return reading{}, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	wanted.key, wanted.id, wanted.route = cache.Record(of.Kind, id), id, of.record
	return wanted, err == nil
}

type readingKey struct{}

// Load reads, or returns the result of another request for the same page.
func Load(ctx context.Context, c *cache.Cache, read func(context.Context) (*cache.Entry, error)) (*cache.Entry, error) {
	if wanted, ok := ctx.Value(readingKey{}).(reading); ok {
		return wanted.load(ctx, c, read)
	}
	return read(ctx)
}

func (wanted *reading) load(ctx context.Context, c *cache.Cache, read func(context.Context) (*cache.Entry, error)) (*cache.Entry, error) {
	if wanted.fresh {
		return c.Read(ctx, wanted.key, wanted.keep, read)
	}
	return c.Load(ctx, wanted.key, read)
}

// wantsFresh reports whether the client refuses a cached response (RFC 9111,
// section 5.2.1).
func wantsFresh(h http.Header) bool {
	return len(h["Cache-Control"]) > 0 && (hasDirective(h, "no-cache") || hasDirective(h, "no-store") || hasDirective(h, "max-age=0"))
}

func hasDirective(h http.Header, name string) bool {
	for _, line := range h["Cache-Control"] {
		for directive := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(directive), name) {
				return true
			}
		}
	}
	return false
}

// writeEntry writes the same response as the router would.
func writeEntry(w http.ResponseWriter, r *http.Request, noun string, e *cache.Entry) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if e.ETag != "" {
		h.Set("ETag", e.ETag)
		if !Match(r.Header.Get("If-Match"), e.ETag) {
			writeProblem(w, problemOf(r.Context(), errs.Changed(noun)))
			return
		}
		if NoneMatch(r.Header.Get("If-None-Match"), e.ETag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	for _, l := range e.Links {
		h.Add("Link", l)
	}
	if e.Total != nil {
		h.Set("X-Total-Count", strconv.FormatInt(*e.Total, 10))
	}
	h.Set("Content-Length", strconv.Itoa(len(e.Body)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(e.Body) //nolint:gosec // the body is JSON, with its media type; the client may have disconnected
}
