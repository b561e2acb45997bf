// Package cache keeps encoded responses in memory for less than a second.
//
// Invariant: a returned entry shows the database as it was less than MaxAge
// ago, and never as it was before a change that Invalidate has seen.
//
//	request ──→ Get ──→ entry is young, and read after the newest mark? ──yes──→ response
//	                     │ no
//	                     └──→ Load: one flight for all callers ──→ database ──→ settle
//	commit ──→ Invalidate: raise the marks of the records and of their kind's pages
//
// The invariant holds because each read notes the time before it begins, and
// each change raises a mark after its commit. A read from before the mark may
// lack the change, so its entry is refused. A caller breaks it by an Invalidate
// before the commit, or by none. A change by another process arrives as an
// event; without events, MaxAge is the limit. Two clocks measure the age,
// because either may be wrong.
package cache

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/fualab/fualab/shared/errs"
)

// Kind is the kind of a table's records. It is the part before the dot in the
// type of their events.
type Kind string

// Key identifies a response; Record and Page make it. The zero Key is invalid.
type Key struct {
	kind  Kind
	page  bool
	id    int64
	query string
}

// Record is the key of the record of a kind with the given id.
func Record(kind Kind, id int64) Key { return Key{kind: kind, id: id} }

// Page is the key of a page of records. query is the request's query, exactly
// as written.
func Page(kind Kind, query string) Key { return Key{kind: kind, page: true, query: query} }

// Entry is an encoded response. All its callers share it and must not change
// it.
type Entry struct {
	Body    []byte
	ETag    string
	Links   []string // of pages only
	Total   *int64   // of pages only, if requested
	Version Version  // of records only
}

// Version orders the states of a record. Pages have the zero Version.
type Version struct {
	Epoch   string // the history of the database in which the numbers count
	Number  int64  // counts the changes of the record
	Derived int64  // the Number from which the worker derived its fields
}

// before reports whether v is older than other. The worker derives fields from
// a version and makes no new one. So neither number decreases within an epoch.
func (v Version) before(other Version) bool {
	return v.Epoch == other.Epoch && v.older(other)
}

func (v Version) older(other Version) bool {
	return v.Number < other.Number || v.Number == other.Number && v.Derived < other.Derived
}

// overhead is the approximate size of an entry without its texts.
const overhead = 512

// weight is the size of e under key, in bytes.
func (e *Entry) weight(key Key) int {
	n := overhead + len(key.query) + cap(e.Body) + len(e.ETag)
	for _, l := range e.Links {
		n += len(l)
	}
	return n
}

// Cache holds entries. It is safe for concurrent use. A nil Cache is empty, and
// each call reads.
type Cache struct {
	entries *otter.Cache[Key, *stored]
	largest int // the largest size of a cached entry, in bytes
	now     func() moment
	marks   map[Kind]*marks // of all cached kinds; not changed after New
	counted counters
	served  func(age time.Duration) // may be nil

	mu      sync.Mutex
	flights map[Key]*flight
}

// stored is an Entry with the time before its read.
type stored struct {
	*Entry
	began moment
}

// New returns a Cache of at most bytes for records of these kinds, or nil for
// 0. It does not cache other kinds.
func New(bytes int64, kinds ...Kind) *Cache {
	if bytes <= 0 {
		return nil
	}
	return newCache(bytes, clock(), kinds...)
}

func newCache(bytes int64, now func() moment, kinds ...Kind) *Cache {
	c := &Cache{now: now, marks: make(map[Kind]*marks, len(kinds)), flights: make(map[Key]*flight)}
	for _, kind := range kinds {
		c.marks[kind] = new(marks)
	}
	c.largest = int(min(bytes/8, math.MaxInt32)) // a page of large records must not evict all others
	c.entries = otter.Must(&otter.Options[Key, *stored]{
		MaximumWeight: uint64(bytes),                                                //nolint:gosec // New has checked its sign
		Weigher:       func(k Key, s *stored) uint32 { return uint32(s.weight(k)) }, //nolint:gosec // put keeps it below largest
		// This only frees memory. Readers check the age of an entry.
		ExpiryCalculator: otter.ExpiryWriting[Key, *stored](MaxAge),
		OnAtomicDeletion: func(e otter.DeletionEvent[Key, *stored]) {
			if e.Cause == otter.CauseOverflow {
				c.counted.evicted.Add(1)
			}
		},
	})
	return c
}

// Get returns the cached response of key, if it is still valid.
func (c *Cache) Get(key Key) (*Entry, bool) {
	s, found := c.entries.GetIfPresent(key)
	now := c.now()
	if !found || !c.good(key, s.began, now) {
		return nil, false
	}
	c.hit(s, now)
	return s.Entry, true
}

// Served sets the function that receives the age of each response from memory.
// It replaces an earlier one. Call it before the first Get.
func (c *Cache) Served(f func(age time.Duration)) {
	if c != nil {
		c.served = f
	}
}

func (c *Cache) hit(s *stored, now moment) {
	c.counted.hits.Add(1)
	if c.served != nil {
		c.served(now.mono - s.began.mono)
	}
}

// Load is Get, or else the result of read. Concurrent callers with the same key
// share one read, which continues as long as one of them waits. All of them get
// its error, which is not cached.
func (c *Cache) Load(ctx context.Context, key Key, read func(context.Context) (*Entry, error)) (*Entry, error) {
	if c == nil {
		return read(ctx)
	}
	f, held := c.join(ctx, key, read)
	if held != nil {
		return held, nil
	}
	select {
	case <-f.done:
		return f.entry, f.err
	case <-ctx.Done():
		c.leave(key, f)
		return nil, ctx.Err()
	}
}

// Read returns the result of read, without a look at the cache. If keep is set,
// later callers get the result, too.
func (c *Cache) Read(ctx context.Context, key Key, keep bool, read func(context.Context) (*Entry, error)) (*Entry, error) {
	if c == nil {
		return read(ctx)
	}
	c.counted.misses.Add(1)
	began := c.now()
	entry, err := read(ctx)
	c.settle(key, began, entry, err, keep)
	return entry, err
}

// Invalidate removes these records and all pages of their kind. It also voids
// the reads that are under way. Call it after the commit of a change, and
// before its event.
func (c *Cache) Invalidate(kind Kind, ids ...int64) {
	if m := c.of(kind); m != nil {
		m.records(c.now().mono, ids)
	}
}

// InvalidateKind is Invalidate for all records of a kind.
func (c *Cache) InvalidateKind(kind Kind) {
	if m := c.of(kind); m != nil {
		m.everything(c.now().mono)
	}
}

// InvalidateAll is Invalidate for all records.
func (c *Cache) InvalidateAll() {
	if c != nil {
		for _, m := range c.marks {
			m.everything(c.now().mono)
		}
	}
}

// of returns the marks of a kind, or nil for a kind that is not cached.
func (c *Cache) of(kind Kind) *marks {
	if c == nil {
		return nil
	}
	return c.marks[kind]
}

// good reports whether the result of a read of key that began at began may be
// returned at now.
func (c *Cache) good(key Key, began, now moment) bool {
	m := c.marks[key.kind]
	return m != nil && began.young(now) && began.mono > m.of(key)
}

// settle caches the result of a read that began at began, or removes the entry
// if the record is gone.
func (c *Cache) settle(key Key, began moment, entry *Entry, err error, keep bool) {
	switch {
	case err == nil && keep:
		c.put(key, &stored{entry, began})
	case errs.Is(err, errs.NotFound):
		c.entries.ComputeIfPresent(key, func(old *stored) (*stored, otter.ComputeOp) {
			if old.began.mono < began.mono {
				return nil, otter.InvalidateOp
			}
			return nil, otter.CancelOp
		})
	}
}

// put caches s, unless the record has changed since, or the cached entry is
// newer.
func (c *Cache) put(key Key, s *stored) {
	if s.weight(key) > c.largest {
		return
	}
	now := c.now()
	if !c.good(key, s.began, now) {
		c.counted.refused.Add(1)
		return
	}
	c.entries.Compute(key, func(old *stored, found bool) (*stored, otter.ComputeOp) {
		if found && c.good(key, old.began, now) && s.older(old) {
			c.counted.refused.Add(1)
			return nil, otter.CancelOp
		}
		return s, otter.WriteOp
	})
}

// older reports whether s shows an earlier state than held.
func (s *stored) older(held *stored) bool {
	if s.Version != held.Version {
		return s.Version.before(held.Version)
	}
	return s.began.mono < held.began.mono
}

// Counts counts the operations of a Cache.
type Counts struct {
	Hits      int64 // answers from memory
	Misses    int64 // reads of the database
	Coalesced int64 // answers from another caller's read
	Evicted   int64 // entries removed for lack of memory
	Refused   int64 // entries that were too old, or outdated by a change
	Bytes     int64 // size of the present entries
}

type counters struct{ hits, misses, coalesced, evicted, refused atomic.Int64 }

// Snapshot returns the counts.
func (c *Cache) Snapshot() Counts {
	if c == nil {
		return Counts{}
	}
	return Counts{
		Hits: c.counted.hits.Load(), Misses: c.counted.misses.Load(), Coalesced: c.counted.coalesced.Load(),
		Evicted: c.counted.evicted.Load(), Refused: c.counted.refused.Load(),
		Bytes: int64(c.entries.WeightedSize()), //nolint:gosec // at most the limit of New
	}
}
