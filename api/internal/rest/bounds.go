package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/fualab/fualab/api/internal/limit"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/log"
)

// Class is a kind of request with bounds of its own, by caller and in a process.
// A caller is a token, or an address without one. SECURITY.md lists the bounds.
type Class struct {
	name    string // continues a sentence: "… at a time"
	share   limit.Share
	endless bool // it is not counted among the requests in flight
	parts   bool // its bodies go through in small parts
}

// The classes. A request of each waits up to two seconds for others of its class.
var (
	// Costly is for searches, totals and batches.
	Costly = &Class{name: "searches, totals and batches", share: limit.Share{Each: 2, All: 4}}
	// Streams is for streams of events that go on until the client leaves.
	Streams = &Class{name: "streams of events", share: limit.Share{Each: 100, All: 1000}, endless: true}
	// Exports is for responses each of which holds a connection to the database.
	Exports = &Class{name: "exports", share: limit.Share{Each: 1, All: 2}}
	// Transfers is for uploads of files and of their parts.
	Transfers = &Class{name: "transfers of files", share: limit.Share{Each: 2, All: 8}, parts: true}
)

// ordinary is the class of all other requests. None waits.
var ordinary = &Class{name: "requests", share: limit.Share{Each: 256, All: 1024}}

// classPatience is how long a request waits for others of its class.
const classPatience = 2 * time.Second

// The bytes of the bodies in memory. A body takes several times its length
// while it is decoded, validated and stored.
var (
	smallBodies = limit.Share{Each: 2 << 20, All: 4 << 20}
	largeBodies = limit.Share{Each: MaxBatchBody, All: MaxBatchBody}
)

const (
	// smallBody is the length up to which a body never waits for larger ones.
	smallBody = 64 << 10
	// bodyPatience is how long a body waits for others to end.
	bodyPatience = 10 * time.Second
)

// bounds holds requests to the bounds of their class.
type bounds struct {
	trusted      []netip.Prefix
	logger       *slog.Logger
	rules        []rule
	slots        map[*Class]*limit.Slots
	small, large *limit.Slots // in bytes
}

// rule names the requests of a class.
type rule struct {
	method, path string // the path's template
	class        *Class
	counts       func(query string) bool // nil: each does
}

func newBounds(cfg Config) *bounds {
	b := &bounds{
		trusted: cfg.Trusted, logger: cfg.Log, slots: map[*Class]*limit.Slots{},
		small: limit.NewSlots(smallBodies), large: limit.NewSlots(largeBodies),
	}
	for _, class := range []*Class{ordinary, Costly, Streams, Exports, Transfers} {
		b.slots[class] = limit.NewSlots(class.share)
	}
	return b
}

// add holds the requests of op to the bounds of its class.
func (b *bounds) add(op *Operation) {
	if op.Class != nil {
		b.rules = append(b.rules, rule{op.Method, op.Path, op.Class, op.Counts})
	}
}

// classOf returns the class of a request.
func (b *bounds) classOf(r *http.Request) *Class {
	for i := range b.rules {
		rule := &b.rules[i]
		if r.Method == rule.method && matches(rule.path, r.URL.Path) && (rule.counts == nil || rule.counts(r.URL.RawQuery)) {
			return rule.class
		}
	}
	return ordinary
}

// matches reports whether path is one of template, such as /api/runs/{id}.
func matches(template, path string) bool {
	for {
		want, templateRest, more := strings.Cut(template, "/")
		got, pathRest, goesOn := strings.Cut(path, "/")
		if want != got && (got == "" || !strings.HasPrefix(want, "{")) || more != goesOn {
			return false
		}
		if !more {
			return true
		}
		template, path = templateRest, pathRest
	}
}

// SearchOrTotal is the Counts of a list: it reports whether the list is searched
// or counted. A parameter whose name is escaped counts as one of these.
func SearchOrTotal(raw string) bool {
	for parameter := range strings.SplitSeq(raw, "&") {
		name, _, _ := strings.Cut(parameter, "=")
		if name == "q" || name == "total" || strings.ContainsAny(name, "%+") {
			return true
		}
	}
	return false
}

// keyOf returns the caller that a request counts for.
func (b *bounds) keyOf(r *http.Request) string {
	if key := Caller(r.Context()); key != "" {
		return key
	}
	return limit.Key(limit.Client(r.RemoteAddr, r.Header.Values("X-Forwarded-For"), b.trusted))
}

// count bounds the requests in flight. It comes behind the cache, whose answers take no time.
func (b *bounds) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if httpserver.IsProbe(r.URL.Path) || b.classOf(r).endless {
			next.ServeHTTP(w, r)
			return
		}
		release, err := b.slots[ordinary].Try(b.keyOf(r), 1)
		if err != nil {
			b.refuse(w, r, ordinary, err)
			return
		}
		defer release()
		next.ServeHTTP(w, r)
	})
}

// share bounds the requests of each class, and the bodies.
func (b *bounds) share(next http.Handler) http.Handler {
	return b.bodies(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		of := b.classOf(r)
		if of == ordinary { // count has seen to it
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), classPatience)
		defer cancel()
		release, err := b.slots[of].Take(ctx, b.keyOf(r), 1)
		if err != nil {
			b.refuse(w, r, of, err)
			return
		}
		defer release()
		next.ServeHTTP(w, r)
	}))
}

func (b *bounds) refuse(w http.ResponseWriter, r *http.Request, of *Class, err error) {
	w.Header().Set("Retry-After", "1")
	log.RequestOf(r.Context()).Event = log.LimitReached
	if errors.Is(err, limit.ErrEach) {
		writeProblem(w, problemOf(r.Context(), errs.Newf(errs.TooManyRequests, "You already have %d %s at a time, the limit for one caller. Retry when one of them has ended.", of.share.Each, of.name)))
		return
	}
	WriteError(w, r, b.logger, errs.Newf(errs.Unavailable, "This server already works on %d %s, its limit. Retry in a second.", of.share.All, of.name))
}

// bodies has a body wait until the process may hold it. The body of a file goes
// through in small parts and needs nothing.
func (b *bounds) bodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size := r.ContentLength
		if size < 0 || size > MaxBatchBody {
			size = MaxBatchBody
		}
		if size == 0 || b.classOf(r).parts && r.Header.Get(keyHeader) == "" {
			next.ServeHTTP(w, r)
			return
		}
		budget := b.large
		if size <= smallBody {
			budget = b.small
		}
		ctx, cancel := context.WithTimeout(r.Context(), bodyPatience)
		defer cancel()
		release, err := budget.Take(ctx, b.keyOf(r), size)
		if err != nil {
			log.RequestOf(r.Context()).Event = log.LimitReached
			WriteError(w, r, b.logger, errs.New(errs.Unavailable, "This server already holds as many bytes of bodies as it may. Retry in a second, or send smaller bodies."))
			return
		}
		defer release()
		next.ServeHTTP(w, r)
	})
}
