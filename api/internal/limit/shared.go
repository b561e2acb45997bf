package limit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
)

// The limits of the reports to Redis.
const (
	tellTimeout = 100 * time.Millisecond
	tellPause   = 2 * time.Second // after a call without an answer
	maxTold     = 1024            // callers that wait for a report
)

// counter is the used part of redis_rate.Limiter.
type counter interface {
	AllowAtMost(ctx context.Context, key string, limit redis_rate.Limit, n int) (*redis_rate.Result, error)
}

// shared reports the use of callers to Redis, one caller after the other.
type shared struct {
	counter counter
	key     string // prefix of each caller's key
	policy  Policy
	log     *slog.Logger
	now     func() time.Time
	queue   chan told
	stop    context.CancelFunc
	ended   sync.WaitGroup

	pausedUntil time.Time // only run uses it
	down        bool      // only run uses it: each change is logged once
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

// tell queues key, unless the queue is full. Then the next request of key tries
// again.
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

// count reports one caller to Redis. While Redis is unreachable, the use is
// dropped and each instance counts separately.
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
		s.log.WarnContext(ctx, "Redis does not count rate limits; each instance counts separately", "policy", s.policy.Name, "error", err)
		return
	}
	s.log.InfoContext(ctx, "Redis counts rate limits again; instances share them", "policy", s.policy.Name)
}
