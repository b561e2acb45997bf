// Package limit limits the rate of a caller's requests. A decision comes from
// memory and never waits. Afterwards, the use is reported to Redis. Redis
// limits callers that use several instances (decision 0014).
package limit

import (
	"context"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"github.com/fualab/fualab/shared/redis"
)

// Policy is a token bucket with Burst tokens; Rate tokens return in each Per.
type Policy struct {
	Name  string // the name in its keys in Redis
	Rate  int
	Per   time.Duration
	Burst int
}

// interval is the time in which one token returns.
func (p Policy) interval() time.Duration { return p.Per / time.Duration(p.Rate) }

// Verdict is the decision on a request.
type Verdict struct {
	Allowed    bool
	Remaining  int
	RetryAfter time.Duration // 0 if Allowed
}

// maxKeys limits the memory, a few hundred bytes for each key. Beyond it, the
// callers that were idle longest are forgotten and begin anew.
const maxKeys = 50_000

// Limiter applies a policy to callers. It is safe for concurrent use.
type Limiter struct {
	policy Policy
	step   int // the use after which Redis gets a report
	keys   *otter.Cache[string, *bucket]
	shared *shared // nil without Redis
	now    func() time.Time
}

// bucket is the token bucket of one caller.
type bucket struct {
	mu      sync.Mutex
	local   *rate.Limiter
	untold  int       // the use since the last report to Redis
	telling bool      // whether a report waits
	until   time.Time // the time before which other instances have used all tokens
}

// New returns a Limiter for policy, whose Rate is at least 1. Without client,
// each instance counts separately. Close ends it, and so does the end of ctx.
func New(ctx context.Context, policy Policy, client *redis.Client, log *slog.Logger, now func() time.Time) *Limiter {
	policy.Burst = max(policy.Burst, 1)
	l := &Limiter{policy: policy, step: max(1, policy.Burst/8), now: now}
	l.keys = otter.Must(&otter.Options[string, *bucket]{MaximumSize: maxKeys})
	if client != nil {
		l.shared = share(ctx, redis_rate.NewLimiter(client.Scripter()), client.Key("fualab:")+policy.Name, policy, log, now)
	}
	return l
}

// Close waits until all reports to Redis have ended.
func (l *Limiter) Close() {
	if l.shared != nil {
		l.shared.close()
	}
}

// Policy returns the policy.
func (l *Limiter) Policy() Policy { return l.policy }

// Take uses one token of key, if there is one.
func (l *Limiter) Take(key string) Verdict { return l.ask(key, 1) }

// Peek reports whether key has a token, and uses none.
func (l *Limiter) Peek(key string) Verdict { return l.ask(key, 0) }

func (l *Limiter) ask(key string, n int) Verdict {
	b, _ := l.keys.ComputeIfAbsent(key, func() (*bucket, bool) {
		return &bucket{local: rate.NewLimiter(rate.Every(l.policy.interval()), l.policy.Burst)}, false
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	now := l.now()
	if wait := b.until.Sub(now); wait > 0 {
		return Verdict{RetryAfter: wait}
	}
	tokens := b.local.TokensAt(now)
	if tokens < 1 {
		return Verdict{RetryAfter: time.Duration((1 - tokens) * float64(l.policy.interval()))}
	}
	b.local.AllowN(now, n)
	if b.untold += n; l.shared != nil && b.untold >= l.step && !b.telling {
		b.telling = l.shared.tell(key, b)
	}
	return Verdict{Allowed: true, Remaining: int(math.Floor(tokens)) - n}
}

// Failures blocks addresses that fail too often, for example to authenticate.
type Failures struct{ limiter *Limiter }

// NewFailures returns Failures with ten failures of an address at once, and
// then ten in a minute. Close ends them.
func NewFailures(ctx context.Context, client *redis.Client, log *slog.Logger, now func() time.Time) *Failures {
	return &Failures{New(ctx, Policy{Name: "failures", Rate: 10, Per: time.Minute, Burst: 10}, client, log, now)}
}

// Allow reports whether addr may try. It never waits.
func (f *Failures) Allow(_ context.Context, addr string) Verdict { return f.limiter.Peek(addr) }

// Record counts a failure of addr.
func (f *Failures) Record(_ context.Context, addr string) { f.limiter.Take(addr) }

// Close ends f.
func (f *Failures) Close() { f.limiter.Close() }
