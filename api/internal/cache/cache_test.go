package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/events"
)

// notes is the kind of the records in these tests.
const notes Kind = "notes"

// hands are clocks that a test sets. Each reading takes a nanosecond, so that
// no two readings are equal.
type hands struct {
	mu sync.Mutex
	at moment
}

func newHands() *hands {
	return &hands{at: moment{time.Hour, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano()}}
}

func (h *hands) now() moment {
	h.turn(1, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hands) turn(mono, wall time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at.mono += mono
	h.at.wall += int64(wall)
}

func entry(body string, version int64) *Entry {
	return &Entry{Body: []byte(body), Version: Version{Number: version}}
}

// returning is a read that counts its calls and returns e at once.
func returning(e *Entry, reads *atomic.Int64) func(context.Context) (*Entry, error) {
	return func(context.Context) (*Entry, error) {
		reads.Add(1)
		return e, nil
	}
}

func held(c *Cache, key Key) string {
	e, ok := c.Get(key)
	if !ok {
		return ""
	}
	return string(e.Body)
}

// TestAge moves each clock of the machine in all ways.
func TestAge(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name       string
		mono, wall time.Duration
		held       bool
	}{
		{"at once", 0, 0, true},
		{"just within", MaxAge - time.Microsecond, MaxAge - time.Microsecond, true},
		{"just out", MaxAge, MaxAge, false},
		{"the process stood still and the clocks went on", time.Hour, time.Hour, false},
		{"the machine slept and its monotonic clock with it", 0, time.Hour, false},
		{"the wall clock was set forth", time.Millisecond, MaxAge, false},
		{"the wall clock was set back", time.Millisecond, -time.Second, false},
		{"the wall clock was set back, to where it would be young", 2 * MaxAge, MaxAge / 2, false},
	} {
		at, reads := newHands(), new(atomic.Int64)
		c := newCache(1<<20, at.now, notes)
		if _, err := c.Load(t.Context(), Record(notes, 1), returning(entry("a", 1), reads)); err != nil {
			t.Fatal(err)
		}
		at.turn(s.mono, s.wall)
		if got := held(c, Record(notes, 1)) == "a"; got != s.held {
			t.Errorf("%s: held %t", s.name, got)
		}
		if _, err := c.Load(t.Context(), Record(notes, 1), returning(entry("a", 1), reads)); err != nil {
			t.Fatal(err)
		}
		if again := reads.Load() == 2; again == s.held {
			t.Errorf("%s: %d reads", s.name, reads.Load())
		}
	}
}

// TestServed proves that the observer gets the ages of responses from memory,
// and no others.
func TestServed(t *testing.T) {
	t.Parallel()
	at, reads := newHands(), new(atomic.Int64)
	c := newCache(1<<20, at.now, notes)
	var ages []time.Duration
	c.Served(func(age time.Duration) { ages = append(ages, age.Round(time.Millisecond)) })
	for range 3 {
		if _, err := c.Load(t.Context(), Record(notes, 1), returning(entry("a", 1), reads)); err != nil {
			t.Fatal(err)
		}
		at.turn(400*time.Millisecond, 400*time.Millisecond)
	}
	if _, held := c.Get(Record(notes, 1)); held {
		t.Error("too old an answer is held")
	}
	if diff := cmp.Diff([]time.Duration{400 * time.Millisecond, 800 * time.Millisecond}, ages); diff != "" {
		t.Errorf("ages (-want +got):\n%s", diff)
	}
}

// TestAgeCountsFromBeforeTheRead proves that the age of an entry begins before
// its read, because the data may be that old.
func TestAgeCountsFromBeforeTheRead(t *testing.T) {
	t.Parallel()
	at := newHands()
	c := newCache(1<<20, at.now, notes)
	_, _ = c.Load(t.Context(), Record(notes, 1), func(context.Context) (*Entry, error) {
		at.turn(MaxAge/2, MaxAge/2)
		return entry("a", 1), nil
	})
	if held(c, Record(notes, 1)) != "a" {
		t.Error("it is not held")
	}
	at.turn(MaxAge/2, MaxAge/2)
	if held(c, Record(notes, 1)) != "" {
		t.Error("it is held for longer than MaxAge after the read began")
	}
}

func TestInvalidate(t *testing.T) {
	t.Parallel()
	keys := []Key{Record(notes, 1), Record(notes, 2), Record(notes, 1+markCount), Page(notes, ""), Page(notes, "limit=1"), Record("others", 1)}
	about := func(of events.Type, ids ...int64) events.Event { return events.Event{Type: of, IDs: ids} }
	for _, s := range []struct {
		name string
		do   func(*Cache)
		want []bool // whether each key is cached
	}{
		{"nothing", func(*Cache) {}, []bool{true, true, true, true, true, true}},
		{"one, and the record with the same mark", func(c *Cache) { c.Invalidate(notes, 1) }, []bool{false, true, false, false, false, true}},
		{"another", func(c *Cache) { c.Invalidate(notes, 3) }, []bool{true, true, true, false, false, true}},
		{"pages", func(c *Cache) { c.Invalidate(notes) }, []bool{true, true, true, false, false, true}},
		{"all", (*Cache).InvalidateAll, []bool{false, false, false, false, false, false}},
		{"an event", func(c *Cache) { c.Observe(about("notes.derived", 2)) }, []bool{true, false, true, false, false, true}},
		{"an event of many", func(c *Cache) { c.Observe(about("notes.purged")) }, []bool{false, false, false, false, false, true}},
		{"lost events", func(c *Cache) { c.Observe(about(events.Reset)) }, []bool{false, false, false, false, false, false}},
		{"another's event", func(c *Cache) { c.Observe(about(events.RunsFinished)) }, []bool{true, true, true, true, true, true}},
		{"all of a kind", func(c *Cache) { c.InvalidateKind(notes) }, []bool{false, false, false, false, false, true}},
		{"the same id of another kind", func(c *Cache) { c.Invalidate("others", 1) }, []bool{true, true, true, true, true, false}},
	} {
		c, reads := newCache(1<<20, newHands().now, notes, "others"), new(atomic.Int64)
		for _, key := range keys {
			_, _ = c.Load(t.Context(), key, returning(entry("a", 1), reads))
		}
		s.do(c)
		got := make([]bool, len(keys))
		for i, key := range keys {
			got[i] = held(c, key) != ""
		}
		if diff := cmp.Diff(s.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.name, diff)
		}
	}
}

// TestReadFromBeforeAChange proves that a read that a change overtakes serves
// only callers from before the change.
func TestReadFromBeforeAChange(t *testing.T) {
	t.Parallel()
	for _, key := range []Key{Record(notes, 1), Page(notes, "")} {
		c := newCache(1<<20, newHands().now, notes)
		begun, finish := make(chan struct{}), make(chan struct{})
		first := make(chan string)
		go func() {
			e, _ := c.Load(t.Context(), key, func(context.Context) (*Entry, error) {
				close(begun)
				<-finish
				return entry("old", 1), nil
			})
			first <- string(e.Body)
		}()
		<-begun
		c.Invalidate(notes, 1)
		e, err := c.Load(t.Context(), key, func(context.Context) (*Entry, error) { return entry("new", 2), nil })
		if err != nil || string(e.Body) != "new" {
			t.Errorf("after the change: %v, %v", e, err)
		}
		close(finish)
		if got := <-first; got != "old" {
			t.Errorf("the caller from before the change got %q", got)
		}
		if got := held(c, key); got != "new" {
			t.Errorf("then %q is held", got)
		}
		if n := c.Snapshot(); n.Refused != 1 || n.Misses != 2 || n.Coalesced != 0 {
			t.Errorf("%+v", n)
		}
	}
}

// TestVersions has two reads that both see all known changes. The older version
// loses, whichever read ends last.
func TestVersions(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name string
		old  *Entry // from the read that begins first
		new  *Entry
		want string
	}{
		{"newer by its number", entry("a", 1), entry("b", 2), "b"},
		{"older by its number", entry("a", 2), entry("b", 1), "a"},
		{"newer derived fields", &Entry{Body: []byte("a"), Version: Version{Number: 2, Derived: 1}}, &Entry{Body: []byte("b"), Version: Version{Number: 2, Derived: 2}}, "b"},
		{"older derived fields", &Entry{Body: []byte("a"), Version: Version{Number: 2, Derived: 2}}, &Entry{Body: []byte("b"), Version: Version{Number: 2, Derived: 1}}, "a"},
		{"equal", entry("a", 1), entry("b", 1), "b"},
	} {
		for _, last := range []string{"first", "second"} {
			c := newCache(1<<20, newHands().now, notes)
			// Read does not wait for other reads. Here, one is inside the
			// other.
			_, _ = c.Read(t.Context(), Record(notes, 1), true, func(ctx context.Context) (*Entry, error) {
				if last == "first" {
					_, _ = c.Read(ctx, Record(notes, 1), true, func(context.Context) (*Entry, error) { return s.new, nil })
				}
				return s.old, nil
			})
			if last == "second" {
				_, _ = c.Read(t.Context(), Record(notes, 1), true, func(context.Context) (*Entry, error) { return s.new, nil })
			}
			if got := held(c, Record(notes, 1)); got != s.want {
				t.Errorf("%s, the %s read ends last: %q is held, want %q", s.name, last, got, s.want)
			}
		}
	}
}

func TestReadPastTheCache(t *testing.T) {
	t.Parallel()
	c, reads := newCache(1<<20, newHands().now, notes), new(atomic.Int64)
	read := func(keep bool, e *Entry) string {
		got, err := c.Read(t.Context(), Record(notes, 1), keep, returning(e, reads))
		if err != nil {
			t.Fatal(err)
		}
		return string(got.Body)
	}
	if got := read(false, entry("a", 1)); got != "a" || held(c, Record(notes, 1)) != "" {
		t.Errorf("read %q, and %q is held", got, held(c, Record(notes, 1)))
	}
	if read(true, entry("a", 1)); held(c, Record(notes, 1)) != "a" {
		t.Error("the kept entry is not cached")
	}
	if got := read(false, entry("b", 2)); got != "b" || held(c, Record(notes, 1)) != "a" {
		t.Errorf("read %q, and %q is held", got, held(c, Record(notes, 1)))
	}
	_, err := c.Read(t.Context(), Record(notes, 1), false, func(context.Context) (*Entry, error) { return nil, errs.New(errs.NotFound, "gone") })
	if !errs.Is(err, errs.NotFound) || held(c, Record(notes, 1)) != "" {
		t.Errorf("%v, and %q is cached for a deleted record", err, held(c, Record(notes, 1)))
	}
}

func TestBytes(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	c := New(most, notes)
	for i := range int64(5000) {
		_, _ = c.Load(t.Context(), Record(notes, i), func(context.Context) (*Entry, error) { return entry(strings.Repeat("x", 1000), 1), nil })
	}
	c.entries.CleanUp()
	n := c.Snapshot()
	if n.Bytes > most || n.Bytes < most/2 || n.Evicted < 4000 {
		t.Errorf("%+v; at most %d bytes are to be held", n, most)
	}
	_, _ = c.Load(t.Context(), Page(notes, ""), func(context.Context) (*Entry, error) { return entry(strings.Repeat("x", most/8), 0), nil })
	if _, ok := c.Get(Page(notes, "")); ok {
		t.Error("one entry takes more than an eighth of the memory")
	}
}

func TestNoCache(t *testing.T) {
	t.Parallel()
	c, reads := New(0, notes), new(atomic.Int64)
	for range 2 {
		_, _ = c.Load(t.Context(), Record(notes, 1), returning(entry("a", 1), reads))
		_, _ = c.Read(t.Context(), Record(notes, 1), true, returning(entry("a", 1), reads))
	}
	c.Invalidate(notes, 1)
	c.InvalidateAll()
	if c != nil || reads.Load() != 4 || c.Snapshot() != (Counts{}) {
		t.Errorf("%d reads, %+v", reads.Load(), c.Snapshot())
	}
}

// TestChangesAndReads has one writer that increments a value and invalidates
// it. No reader may then see an older value.
func TestChangesAndReads(t *testing.T) {
	t.Parallel()
	c := New(1<<20, notes)
	var database, told atomic.Int64
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				least := told.Load()
				e, err := c.Load(t.Context(), Record(notes, 1), func(context.Context) (*Entry, error) {
					v := database.Load()
					return &Entry{Body: fmt.Append(nil, v), Version: Version{Number: v}}, nil
				})
				if err != nil || e.Version.Number < least {
					t.Errorf("read %+v, %v; at least %d was to be seen", e, err, least)
					return
				}
			}
		})
	}
	for range 2000 {
		v := database.Add(1)
		c.Invalidate(notes, 1)
		told.Store(v)
	}
	close(stop)
	readers.Wait()
}

var errBroken = errors.New("broken")
