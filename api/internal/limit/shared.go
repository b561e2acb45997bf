package limit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
)

// Bounds of what is told to Redis.
const (
	tellTimeout = 100 * time.Millisecond
	tellPause   = 2 * time.Second // after Redis has not answered
	maxTold     = 1024            // callers that wait for their turn
)

// counter is the part of redis_rate.Limiter that is used.
type counter interface {
	AllowAtMost(ctx context.Context, key string, limit redis_rate.Limit, n int) (*redis_rate.Result, error)
}

// shared tells Redis, one caller after the other, what they have used here.
type shared struct {
	counter counter
	key     string // before each caller's
	policy  Policy
	log     *slog.Logger
	now     func() time.Time
	queue   chan told
	stop    context.CancelFunc
	ended   sync.WaitGroup

	pausedUntil time.Time // only run's
	down        bool      // only run's: so that each change is logged once
}

type told struct {
	key    string
	bucket *bucket
}

func share(ctx context.Context, c counter, key string, policy Policy, log *slog.Logger, now func() time.Time) *shared {
	ctx, stop := context.WithCancel(ctx)
	s := &shared{counter: c, key: key, policy: policy, log: log, now: now, queue: make(chan told, maxTold), stop: stop}
	s.ended.Go(func() { s.run(ctx) })
	return s
}

func (s *shared) close() {
	s.stop()
	s.ended.Wait()
}

// tell queues key, unless too many wait already: its next request tries again.
func (s *shared) tell(key string, b *bucket) bool {
	select {
	case s.queue <- told{key, b}:
		return true
	default:
		return false
	}
}

func (s *shared) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case next := <-s.queue:
			s.count(ctx, next)
		}
	}
}

// count tells Redis of one caller. While Redis is away what was used is
// forgotten, and each instance counts for itself.
func (s *shared) count(ctx context.Context, next told) {
	b := next.bucket
	b.mu.Lock()
	n := b.untold
	b.untold, b.telling = 0, false
	b.mu.Unlock()
	if s.now().Before(s.pausedUntil) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	result, err := s.counter.AllowAtMost(ctx, s.key+":"+next.key, redis_rate.Limit{Rate: s.policy.Rate, Burst: s.policy.Burst, Period: s.policy.Per}, n)
	s.note(ctx, err)
	if err != nil {
		s.pausedUntil = s.now().Add(tellPause)
		return
	}
	if over := n - result.Allowed; over > 0 {
		b.mu.Lock()
		b.until = s.now().Add(time.Duration(over) * s.policy.interval())
		b.mu.Unlock()
	}
}

func (s *shared) note(ctx context.Context, err error) {
	if s.down == (err != nil) || ctx.Err() != nil && err == nil {
		return
	}
	s.down = err != nil
	if s.down {
		s.log.WarnContext(ctx, "rate limits are counted by each instance for itself", "policy", s.policy.Name, "error", err)
		return
	}
	s.log.InfoContext(ctx, "rate limits are shared again", "policy", s.policy.Name)
}
