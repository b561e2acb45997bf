package httpapi

import (
	"context"
	"log/slog"
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

// cached answers to who may read, past the router: what c holds, and any item, which takes less than
// the router and huma do to find out what is asked for. Only answers of status 200 are held, so that
// a request that asks for one of them as it was asked for is good.
func cached(next http.Handler, items *itemHandlers, g *guard, logger *slog.Logger) http.Handler {
	c := items.cache
	if c == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wanted, ok := readingOf(r)
		if !ok || !g.may(r.Context(), auth.Read) { // the router refuses who may not
			next.ServeHTTP(w, r)
			return
		}
		if !wanted.fresh {
			if entry, held := c.Get(wanted.key); held {
				log.RequestOf(r.Context()).Route = wanted.route
				writeEntry(w, r, entry)
				return
			}
		}
		if wanted.id == 0 {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), readingKey{}, wanted)))
			return
		}
		log.RequestOf(r.Context()).Route = wanted.route
		ctx, cancel := context.WithTimeout(r.Context(), workTimeout)
		defer cancel()
		entry, err := wanted.load(ctx, c, items.reader(wanted.id))
		if err != nil {
			writeError(w, r, logger, err)
			return
		}
		writeEntry(w, r, entry)
	})
}

// reading is an item or a page that a request asks for.
type reading struct {
	key   cache.Key
	id    int64 // of the item; 0: it is a page
	route string
	fresh bool // from the database
	keep  bool // for others
}

// readingOf returns what r asks for, if it is an item or a page in the form
// that everybody asks for it.
func readingOf(r *http.Request) (reading, bool) {
	rest, ok := strings.CutPrefix(r.URL.Path, itemsPath)
	if !ok || r.Method != http.MethodGet || r.URL.RawPath != "" {
		return reading{}, false
	}
	wanted := reading{fresh: wantsFresh(r.Header), keep: !hasDirective(r.Header, "no-store")}
	if rest == "" {
		wanted.key, wanted.route = cache.Page(r.URL.RawQuery), itemsPath
		return wanted, true
	}
	digits, ok := strings.CutPrefix(rest, "/")
	if !ok || digits == "" || digits[0] < '1' || digits[0] > '9' || r.URL.RawQuery != "" {
		return reading{}, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	wanted.key, wanted.id, wanted.route = cache.Item(id), id, itemPath
	return wanted, err == nil
}

type readingKey struct{}

// load reads, or returns what somebody else has read for the same key.
func load(ctx context.Context, c *cache.Cache, read func(context.Context) (*cache.Entry, error)) (*cache.Entry, error) {
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
