// Package cache keeps encoded answers in memory, for less than a second. What
// it returns shows the database as it was less than MaxAge ago, and never as
// it was before a change that Invalidate was told of.
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

// Kind names the records of one table. It is the part before the dot of the type
// of their events.
type Kind string

// Key names an answer: Record's or Page's. The zero Key is nobody's.
type Key struct {
	kind  Kind
	page  bool
	id    int64
	query string
}

// Record is the key of the record of a kind with the given id.
func Record(kind Kind, id int64) Key { return Key{kind: kind, id: id} }

// Page is the key of the page of records of a kind that query asks for, as it
// is written.
func Page(kind Kind, query string) Key { return Key{kind: kind, page: true, query: query} }

// Entry is an encoded answer. Those who get it share it and must not change
// it.
type Entry struct {
	Body    []byte
	ETag    string
	Links   []string // of a page
	Total   *int64   // of a page, if it was asked for
	Version Version  // of a record
}

// Version orders what a record was. The zero Version is a page's.
type Version struct {
	Epoch   string // the history of the database that the numbers belong to
	Number  int64  // counts the changes of the record
	Derived int64  // the number that the fields which the worker derives belong to
}

// before reports whether v is older than other. The worker derives fields from a
// version and does not make one, so that neither number falls within an epoch.
func (v Version) before(other Version) bool {
	return v.Epoch == other.Epoch && v.older(other)
}

func (v Version) older(other Version) bool {
	return v.Number < other.Number || v.Number == other.Number && v.Derived < other.Derived
}

// overhead is about what an entry takes beside its texts.
const overhead = 512

// weight is what e takes under key, in bytes.
func (e *Entry) weight(key Key) int {
	n := overhead + len(key.query) + cap(e.Body) + len(e.ETag)
	for _, l := range e.Links {
		n += len(l)
	}
	return n
}

// Cache holds entries. It is safe for concurrent use. A nil Cache holds
// nothing, and reads whatever it is asked for.
type Cache struct {
	entries *otter.Cache[Key, *stored]
	largest int // entry that is kept, in bytes
	now     func() moment
	marks   map[Kind]*marks // of all kinds that are held; not changed after New
	counted counters
	served  func(age time.Duration) // nil: nobody is told

	mu      sync.Mutex
	flights map[Key]*flight
}

// stored is an Entry with the moment before it was read.
type stored struct {
	*Entry
	began moment
}

// New returns a Cache for records of these kinds, of at most so many bytes; nil
// for none. It keeps nothing of other kinds.
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
	c.largest = int(min(bytes/8, math.MaxInt32)) // one page of large records does not push out all others
	c.entries = otter.Must(&otter.Options[Key, *stored]{
		MaximumWeight: uint64(bytes),                                                //nolint:gosec // New has seen to its sign
		Weigher:       func(k Key, s *stored) uint32 { return uint32(s.weight(k)) }, //nolint:gosec // put keeps it below largest
		// Frees the memory; whether an entry is young enough is asked when it is read.
		ExpiryCalculator: otter.ExpiryWriting[Key, *stored](MaxAge),
		OnAtomicDeletion: func(e otter.DeletionEvent[Key, *stored]) {
			if e.Cause == otter.CauseOverflow {
				c.counted.evicted.Add(1)
			}
		},
	})
	return c
}

// Get returns the answer that is held for key, if it is good.
func (c *Cache) Get(key Key) (*Entry, bool) {
	s, found := c.entries.GetIfPresent(key)
	now := c.now()
	if !found || !c.good(key, s.began, now) {
		return nil, false
	}
	c.hit(s, now)
	return s.Entry, true
}

// Served has f told how old each answer from memory is, in place of anybody
// who was before. It is to be called before the first Get.
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

// Load is Get, or else what read returns. Of callers that ask for a key at the
// same time one reads, for all of them, and goes on for as long as one of
// them waits. An error is returned to all, and kept for nobody.
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

// Read returns what read does, whatever is held, and has those who come later
// have it, too, if keep is set.
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

// Invalidate forgets these records and all pages of their kind: the entries that
// are held, and those that are being read. It is to be called after the commit of
// a change, and before the event of it.
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

// of returns the marks of a kind, nil for one that is not held.
func (c *Cache) of(kind Kind) *marks {
	if c == nil {
		return nil
	}
	return c.marks[kind]
}

// good reports whether what was read for key from began on may be returned at
// now.
func (c *Cache) good(key Key, began, now moment) bool {
	m := c.marks[key.kind]
	return m != nil && began.young(now) && began.mono > m.of(key)
}

// settle keeps what has been read from began on, or forgets what it proves to
// be gone.
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

// put keeps s, unless something has changed since, or what is held is newer.
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

// Counts is what a Cache has done since it began.
type Counts struct {
	Hits      int64 // answers from memory
	Misses    int64 // reads of the database
	Coalesced int64 // answers that another caller's read gave
	Evicted   int64 // entries that made room for others
	Refused   int64 // entries too old, or changed since, when they were to be returned or kept
	Bytes     int64 // that are held now
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
		Bytes: int64(c.entries.WeightedSize()), //nolint:gosec // at most what New was given
	}
}
