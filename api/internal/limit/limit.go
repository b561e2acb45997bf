// Package limit bounds how often a caller may do something. An answer comes
// from memory and waits for nobody; what was used is told to Redis afterwards,
// which has those wait who use several instances (decision 0014).
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

// Policy is a token bucket: Burst at once, and Rate for each Per afterwards.
type Policy struct {
	Name  string // of its keys in Redis
	Rate  int
	Per   time.Duration
	Burst int
}

// interval is how long one token takes to come back.
func (p Policy) interval() time.Duration { return p.Per / time.Duration(p.Rate) }

// Verdict is what a caller gets.
type Verdict struct {
	Allowed    bool
	Remaining  int
	RetryAfter time.Duration // for one that is not Allowed; otherwise 0
}

// maxKeys bounds the memory, a few hundred bytes a key: of callers beyond that
// those are forgotten, and begin anew, that have not come for the longest time.
const maxKeys = 50_000

// Limiter holds callers to a policy. It is safe for concurrent use.
type Limiter struct {
	policy Policy
	step   int // so much is used before Redis is told
	keys   *otter.Cache[string, *bucket]
	shared *shared // nil without Redis
	now    func() time.Time
}

// bucket is one caller's.
type bucket struct {
	mu      sync.Mutex
	local   *rate.Limiter
	untold  int       // what was used since Redis was told
	telling bool      // whether it is about to be
	until   time.Time // before which there is nothing, by what others have used
}

// New returns a Limiter for policy, whose Rate is at least 1. Without client
// each instance counts for itself. Close ends it, and so does the end of ctx.
func New(ctx context.Context, policy Policy, client *redis.Client, log *slog.Logger, now func() time.Time) *Limiter {
	policy.Burst = max(policy.Burst, 1)
	l := &Limiter{policy: policy, step: max(1, policy.Burst/8), now: now}
	l.keys = otter.Must(&otter.Options[string, *bucket]{MaximumSize: maxKeys})
	if client != nil {
		l.shared = share(ctx, redis_rate.NewLimiter(client.Scripter()), client.Key("fualab:")+policy.Name, policy, log, now)
	}
	return l
}

// Close waits until nothing is being told to Redis any more.
func (l *Limiter) Close() {
	if l.shared != nil {
		l.shared.close()
	}
}

// Policy returns the policy.
func (l *Limiter) Policy() Policy { return l.policy }

// Take uses one token of key's, if there is one.
func (l *Limiter) Take(key string) Verdict { return l.ask(key, 1) }

// Peek tells whether there is one, and uses none.
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

// Failures holds back addresses that fail too often, such as to authenticate.
type Failures struct{ limiter *Limiter }

// NewFailures returns Failures that let an address fail ten times at once, and
// then ten times a minute. Close ends them.
func NewFailures(ctx context.Context, client *redis.Client, log *slog.Logger, now func() time.Time) *Failures {
	return &Failures{New(ctx, Policy{Name: "failures", Rate: 10, Per: time.Minute, Burst: 10}, client, log, now)}
}

// Allow tells whether addr may try. It waits for nobody.
func (f *Failures) Allow(_ context.Context, addr string) Verdict { return f.limiter.Peek(addr) }

// Record notes that addr has failed.
func (f *Failures) Record(_ context.Context, addr string) { f.limiter.Take(addr) }

// Close ends f.
func (f *Failures) Close() { f.limiter.Close() }
