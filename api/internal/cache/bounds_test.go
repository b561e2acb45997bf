package cache

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fualab/fualab/shared/errs"
)

// TestWeight counts all texts of an entry and of its key.
func TestWeight(t *testing.T) {
	t.Parallel()
	body := make([]byte, 3, 100)
	for name, tt := range map[string]struct {
		key   Key
		entry Entry
		want  int
	}{
		"empty": {Record(notes, 1), Entry{}, overhead},
		"query": {Page(notes, "limit=5"), Entry{}, overhead + 7},
		"all":   {Page(notes, "limit=5"), Entry{Body: body, ETag: `"1.0"`, Links: []string{"abc", "de"}}, overhead + 7 + 100 + 5 + 5},
	} {
		if got := tt.entry.weight(tt.key); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

// TestLargestEntry proves that an eighth of the memory is kept, and one byte
// more is not.
func TestLargestEntry(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	for size, want := range map[int]bool{most/8 - overhead: true, most/8 - overhead + 1: false} {
		c, reads := newCache(most, newHands().now, notes), new(atomic.Int64)
		if _, err := c.Load(t.Context(), Record(notes, 1), returning(&Entry{Body: make([]byte, size)}, reads)); err != nil {
			t.Fatal(err)
		}
		if _, got := c.Get(Record(notes, 1)); got != want {
			t.Errorf("%d bytes: held %t", size, got)
		}
		if n := c.Snapshot(); n.Refused != 0 {
			t.Errorf("%d bytes: %+v", size, n)
		}
	}
	for bytes, want := range map[int64]bool{-1: false, 0: false, 1: true} {
		if got := New(bytes, notes) != nil; got != want {
			t.Errorf("a cache of %d bytes: %t", bytes, got)
		}
	}
}

// TestGoneIsForgottenByALaterReadOnly proves that an earlier read does not
// remove an entry, because another read may have been later.
func TestGoneIsForgottenByALaterReadOnly(t *testing.T) {
	t.Parallel()
	gone := errs.New(errs.NotFound, "gone")
	for name, tt := range map[string]struct {
		err   error
		later bool
		want  string
	}{
		"gone, read later":      {gone, true, ""},
		"gone, read earlier":    {gone, false, "a"},
		"an error, read later":  {errBroken, true, "a"},
		"unavailable, and late": {errs.New(errs.Unavailable, "down"), true, "a"},
	} {
		c, reads := newCache(1<<20, newHands().now, notes), new(atomic.Int64)
		keep := func(ctx context.Context) { _, _ = c.Read(ctx, Record(notes, 1), true, returning(entry("a", 1), reads)) }
		if tt.later {
			keep(t.Context())
		}
		_, err := c.Read(t.Context(), Record(notes, 1), true, func(ctx context.Context) (*Entry, error) {
			if !tt.later {
				keep(ctx)
			}
			return nil, tt.err
		})
		if got := held(c, Record(notes, 1)); got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: %v, and %q is held, want %q", name, err, got, tt.want)
		}
	}
}

// TestCounts proves that each caller counts once, by the source of its
// response.
func TestCounts(t *testing.T) {
	t.Parallel()
	at, reads := newHands(), new(atomic.Int64)
	c := newCache(1<<20, at.now, notes)
	load := func() {
		if _, err := c.Load(t.Context(), Record(notes, 1), returning(entry("a", 1), reads)); err != nil {
			t.Fatal(err)
		}
	}
	load()
	load()
	_ = held(c, Record(notes, 1))
	_, _ = c.Read(t.Context(), Record(notes, 1), true, returning(entry("a", 1), reads))
	c.Invalidate(notes, 1)
	load() // the cached entry may not be returned
	at.turn(MaxAge, MaxAge)
	_ = held(c, Record(notes, 1))
	got := c.Snapshot()
	got.Bytes = 0
	if want := (Counts{Hits: 2, Misses: 3, Refused: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestRefusedWhenItIsKept covers an entry that became too old during its read.
func TestRefusedWhenItIsKept(t *testing.T) {
	t.Parallel()
	at := newHands()
	c := newCache(1<<20, at.now, notes)
	for _, late := range []func(){func() { c.Invalidate(notes, 1) }, func() { at.turn(MaxAge, MaxAge) }} {
		before := c.Snapshot().Refused
		_, _ = c.Read(t.Context(), Record(notes, 1), true, func(context.Context) (*Entry, error) {
			late()
			return entry("a", 1), nil
		})
		if _, found := c.entries.GetIfPresent(Record(notes, 1)); found || c.Snapshot().Refused != before+1 {
			t.Errorf("held %t, %+v", found, c.Snapshot())
		}
	}
}

// TestOldFlightKeepsTheNewOneJoinable proves that the end of a flight removes
// only that flight.
func TestOldFlightKeepsTheNewOneJoinable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := New(1<<20, notes)
		defer c.entries.StopAllGoroutines()
		answers := make(chan string, 3)
		load := func(body string) chan struct{} {
			finish := make(chan struct{})
			go func() {
				e, err := c.Load(t.Context(), Record(notes, 1), func(context.Context) (*Entry, error) {
					<-finish
					return entry(body, 1), nil
				})
				if err != nil {
					t.Error(err)
					return
				}
				answers <- string(e.Body)
			}()
			synctest.Wait()
			return finish
		}
		old := load("old")
		time.Sleep(time.Millisecond)
		c.Invalidate(notes, 1)
		time.Sleep(time.Millisecond)
		recent := load("recent")
		close(old)
		if got := <-answers; got != "old" {
			t.Errorf("the first caller got %q", got)
		}
		load("none") // joins
		close(recent)
		if one, two := <-answers, <-answers; one != "recent" || two != "recent" {
			t.Errorf("the others got %q and %q", one, two)
		}
		if n := c.Snapshot(); n.Misses != 2 || n.Coalesced != 1 {
			t.Errorf("%+v", n)
		}
	})
}

// TestMarksOnlyRise proves that a late caller lowers no mark.
func TestMarksOnlyRise(t *testing.T) {
	t.Parallel()
	var m marks
	m.records(5, []int64{1})
	m.records(3, []int64{1})
	m.everything(2)
	for key, want := range map[Key]time.Duration{Record(notes, 1): 5, Record(notes, 2): 2, Page(notes, ""): 5} {
		if got := m.of(key); got != want {
			t.Errorf("%+v: %d, want %d", key, got, want)
		}
	}
	m.everything(7)
	if m.of(Record(notes, 1)) != 7 || m.of(Page(notes, "")) != 7 || m.of(Record(notes, -1)) != 7 {
		t.Error("a change of everything concerns each key")
	}
}

// TestClockBegins proves that the clock begins after zero, because zero is the
// mark without a change.
func TestClockBegins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := clock()
		first := now()
		time.Sleep(time.Second)
		second := now()
		if first.mono != 1 || second.mono != 1+time.Second || second.wall-first.wall != int64(time.Second) {
			t.Errorf("%+v, and a second later %+v", first, second)
		}
	})
}

// TestReadReturnsItsError proves that a read returns its own error beside other
// reads, and caches nothing.
func TestReadReturnsItsError(t *testing.T) {
	t.Parallel()
	c := newCache(1<<20, newHands().now, notes)
	if _, err := c.Read(t.Context(), Page(notes, ""), true, func(context.Context) (*Entry, error) { return entry(strings.Repeat("x", 10), 0), errBroken }); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	if got := held(c, Page(notes, "")); got != "" {
		t.Errorf("%q is held", got)
	}
}
