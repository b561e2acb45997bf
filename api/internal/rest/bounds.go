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

// Class is a kind of request with its own limits, for each caller and for the
// process. A caller is a token, or an address without one. SECURITY.md lists
// the limits.
type Class struct {
	name    string // a part of a sentence: "… at a time"
	share   limit.Share
	endless bool // not counted among the requests in flight
	parts   bool // its bodies are processed in small parts
}

// The classes. A request waits up to two seconds for others of its class.
var (
	// Costly is for searches, totals and batches.
	Costly = &Class{name: "searches, totals and batches", share: limit.Share{Each: 2, All: 4}}
	// Streams is for event streams that continue until the client disconnects.
	Streams = &Class{name: "streams of events", share: limit.Share{Each: 100, All: 1000}, endless: true}
	// Exports is for responses that each use a database connection.
	Exports = &Class{name: "exports", share: limit.Share{Each: 1, All: 2}}
	// Transfers is for uploads of files and their parts.
	Transfers = &Class{name: "transfers of files", share: limit.Share{Each: 2, All: 8}, parts: true}
)

// ordinary is the class of all other requests. They do not wait.
var ordinary = &Class{name: "requests", share: limit.Share{Each: 256, All: 1024}}

// classPatience is the longest wait of a request for others of its class.
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
	// bodyPatience is the longest wait of a body for others to end.
	bodyPatience = 10 * time.Second
)

// bounds applies the limits of the classes to requests.
type bounds struct {
	trusted      []netip.Prefix
	logger       *slog.Logger
	rules        []rule
	slots        map[*Class]*limit.Slots
	small, large *limit.Slots // in bytes
}

// rule matches the requests of a class.
type rule struct {
	method, path string // the path's template
	class        *Class
	counts       func(query string) bool // nil: all do
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

// add applies the limits of its class to the requests of op.
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

// matches reports whether path matches template, such as /api/runs/{id}.
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

// SearchOrTotal is the Counts of a list: it reports whether the request
// searches or counts. A parameter with an escaped name counts as one of these.
func SearchOrTotal(raw string) bool {
	for parameter := range strings.SplitSeq(raw, "&") {
		name, _, _ := strings.Cut(parameter, "=")
		if name == "q" || name == "total" || strings.ContainsAny(name, "%+") {
			return true
		}
	}
	return false
}

// keyOf returns the caller under which a request counts.
func (b *bounds) keyOf(r *http.Request) string {
	if key := Caller(r.Context()); key != "" {
		return key
	}
	return limit.Key(limit.Client(r.RemoteAddr, r.Header.Values("X-Forwarded-For"), b.trusted))
}

// count limits the requests in flight. It comes after the cache, whose
// responses take no time.
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

// share limits the requests of each class, and the bodies.
func (b *bounds) share(next http.Handler) http.Handler {
	return b.bodies(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		of := b.classOf(r)
		if of == ordinary { // count has limited it
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
		writeProblem(w, problemOf(r.Context(), errs.Newf(errs.TooManyRequests, "You already have %d %s in progress, the limit for one caller. Retry when one of them has ended.", of.share.Each, of.name)))
		return
	}
	WriteError(w, r, b.logger, errs.Newf(errs.Unavailable, "This server already has %d %s in progress, its limit. Retry in a second.", of.share.All, of.name))
}

// bodies makes a body wait until the process has memory for it. The body of a
// file does not wait, because it is processed in small parts.
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
			WriteError(w, r, b.logger, errs.New(errs.Unavailable, "This server has reached its memory limit for request bodies. Retry in a second, or send smaller bodies."))
			return
		}
		defer release()
		next.ServeHTTP(w, r)
	})
}
