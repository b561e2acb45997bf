package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/shared/log"
)

const (
	itemsPath = "/api/items"
	itemPath  = "/api/items/{id}"
)

// cached answers from c what it holds, past the router, to who may read. Only answers of status
// 200 get there, so that a request that asks for one of them as it was asked
// for is good.
func cached(next http.Handler, c *cache.Cache, g *guard) http.Handler {
	if c == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, route, ok := cacheKey(r)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		wanted := reading{key: key, fresh: wantsFresh(r.Header), keep: !hasDirective(r.Header, "no-store")}
		if !wanted.fresh {
			if entry, held := c.Get(key); held && g.may(r.Context(), auth.Read) {
				log.RequestOf(r.Context()).Route = route
				writeEntry(w, r, entry)
				return
			}
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), readingKey{}, wanted)))
	})
}

// cacheKey returns the key of what r asks for, and its route, if it is an item
// or a page in the form that everybody asks for it.
func cacheKey(r *http.Request) (key cache.Key, route string, ok bool) {
	rest, ok := strings.CutPrefix(r.URL.Path, itemsPath)
	if !ok || r.Method != http.MethodGet || r.URL.RawPath != "" {
		return key, "", false
	}
	if rest == "" {
		return cache.Page(r.URL.RawQuery), itemsPath, true
	}
	digits, ok := strings.CutPrefix(rest, "/")
	if !ok || digits == "" || digits[0] < '1' || digits[0] > '9' || r.URL.RawQuery != "" {
		return key, "", false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return cache.Item(id), itemPath, err == nil
}

// reading is what a handler is to know of the request that it reads for.
type reading struct {
	key   cache.Key
	fresh bool // from the database
	keep  bool // for others
}

type readingKey struct{}

// load reads, or returns what somebody else has read for the same key.
func load(ctx context.Context, c *cache.Cache, read func(context.Context) (*cache.Entry, error)) (*cache.Entry, error) {
	wanted, ok := ctx.Value(readingKey{}).(reading)
	switch {
	case !ok:
		return read(ctx)
	case wanted.fresh:
		return c.Read(ctx, wanted.key, wanted.keep, read)
	default:
		return c.Load(ctx, wanted.key, read)
	}
}

// wantsFresh reports whether the client refuses what a cache holds (RFC 9111,
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

// writeEntry answers as the router would.
func writeEntry(w http.ResponseWriter, r *http.Request, e *cache.Entry) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if e.ETag != "" {
		h.Set("ETag", e.ETag)
		if noneMatch(r.Header.Get("If-None-Match"), e.ETag) {
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
	_, _ = w.Write(e.Body) //nolint:gosec // it is JSON, and sent as such; the client may be gone
}
