package limit

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/semaphore"
)

// Share limits concurrent work or used resources: Each for one key, All for all
// keys together.
type Share struct{ Each, All int64 }

// The reasons for a refusal by Slots.
var (
	ErrEach = errors.New("this key has reached its limit of slots")
	ErrAll  = errors.New("all slots are taken")
)

// Slots allocates the slots of a Share. A key waits for its own share first, so
// that its waiters never block another key. It is safe for concurrent use.
type Slots struct {
	share Share
	all   *semaphore.Weighted

	mu   sync.Mutex
	keys map[string]*keySlots // the keys that have or want a slot
}

type keySlots struct {
	free  *semaphore.Weighted
	users int // the requests that have or want a slot
}

// NewSlots returns Slots without an allocated slot.
func NewSlots(share Share) *Slots {
	return &Slots{share: share, all: semaphore.NewWeighted(share.All), keys: map[string]*keySlots{}}
}

// Take takes n slots for key, and waits for them until ctx ends. The caller
// must call release once. The error is ErrEach or ErrAll.
func (s *Slots) Take(ctx context.Context, key string, n int64) (release func(), err error) {
	return s.take(key, n, func(slots *semaphore.Weighted) bool { return slots.Acquire(ctx, n) == nil })
}

// Try is Take without waiting.
func (s *Slots) Try(key string, n int64) (release func(), err error) {
	return s.take(key, n, func(slots *semaphore.Weighted) bool { return slots.TryAcquire(n) })
}

func (s *Slots) take(key string, n int64, acquire func(*semaphore.Weighted) bool) (release func(), err error) {
	own := s.join(key)
	if !acquire(own.free) {
		s.leave(key, own)
		return nil, ErrEach
	}
	if !acquire(s.all) {
		own.free.Release(n)
		s.leave(key, own)
		return nil, ErrAll
	}
	return func() {
		s.all.Release(n)
		own.free.Release(n)
		s.leave(key, own)
	}, nil
}

func (s *Slots) join(key string) *keySlots {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.keys[key]
	if own == nil {
		own = &keySlots{free: semaphore.NewWeighted(s.share.Each)}
		s.keys[key] = own
	}
	own.users++
	return own
}

func (s *Slots) leave(key string, own *keySlots) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if own.users--; own.users == 0 {
		delete(s.keys, key)
	}
}
