// Package auth authenticates callers. A caller has an API token, whose hash is
// in the database, or a JSON web token of an OpenID provider. The package is
// independent of HTTP.
package auth

import (
	"context"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

const (
	// maxAge is the longest time that a lookup's result is used. It is 0.9 s
	// instead of 1 s, because the clock is read before the database.
	maxAge = 900 * time.Millisecond
	// maxKnown is the largest number of cached tokens.
	maxKnown = 10_000
	// goodFor is the time that a valid token stays familiar.
	goodFor = time.Hour
	// maxToken is the largest length of a token, in bytes.
	maxToken = 8 << 10
	// lookupTimeout is the limit of a lookup in the database or the provider's
	// keys.
	lookupTimeout = 5 * time.Second
)

// Tokens is the store of API tokens.
type Tokens interface {
	// TokenByHash returns a token by its SHA-256, or an errs.NotFound error.
	TokenByHash(ctx context.Context, hash []byte) (*model.Token, error)
	// TouchTokens records that tokens are in use.
	TouchTokens(ctx context.Context, ids ...int64) error
}

// Provider authenticates callers with tokens of another issuer.
type Provider interface {
	// Verify returns the caller of token. It returns an errs.Unauthorized error
	// for an invalid token, and an errs.Unavailable error if it cannot check
	// the token now.
	Verify(ctx context.Context, token string) (*Principal, error)
}

// Config configures an Authenticator.
type Config struct {
	Tokens   Tokens
	Provider Provider         // nil: only API tokens are valid
	Now      func() time.Time // the machine's time, for the age of cached results
	Expiry   func() time.Time // the database's time, for the expiry of tokens; nil: Now
	Log      *slog.Logger
}

// Authenticator authenticates callers by their tokens. It is safe for
// concurrent use.
type Authenticator struct {
	Config
	known   *otter.Cache[Hash, *known]
	refused *otter.Cache[Hash, *refusal]
	good    *otter.Cache[Hash, struct{}]
	lookups singleflight.Group
	touched *touched
}

// known is an authenticated caller, with the time before the lookup.
type known struct {
	*Principal
	began time.Time
}

// refusal is the reason why a token is invalid, with the time before the
// lookup.
type refusal struct {
	cause error // errs.Unauthorized
	began time.Time
}

// Start returns an Authenticator that works until Close, which the caller
// must call.
func Start(ctx context.Context, cfg Config) *Authenticator {
	a := &Authenticator{Config: cfg, touched: startTouched(ctx, cfg.Tokens.TouchTokens, touchEvery, cfg.Log)}
	a.known = otter.Must(&otter.Options[Hash, *known]{
		MaximumSize: maxKnown,
		// This only frees memory. Readers check the age of a result.
		ExpiryCalculator: otter.ExpiryWriting[Hash, *known](maxAge),
	})
	a.refused = otter.Must(&otter.Options[Hash, *refusal]{MaximumSize: maxKnown, ExpiryCalculator: otter.ExpiryWriting[Hash, *refusal](maxAge)})
	a.good = otter.Must(&otter.Options[Hash, struct{}]{MaximumSize: maxKnown, ExpiryCalculator: otter.ExpiryWriting[Hash, struct{}](goodFor)})
	return a
}

// Close records the recent uses of tokens. It must be called once.
func (a *Authenticator) Close() { a.touched.close() }

// Verify returns the caller of token. The error is errs.Unauthorized for an
// invalid token, and errs.Unavailable if the lookup fails now. A result older
// than maxAge never authenticates a caller.
func (a *Authenticator) Verify(ctx context.Context, token string) (*Principal, error) {
	if len(token) > maxToken {
		return nil, errUnknown
	}
	hash, now := HashOf(token), a.Now()
	if k, found := a.known.GetIfPresent(hash); found && young(k.began, now) {
		return k.in(a.expiry())
	}
	if r, found := a.refused.GetIfPresent(hash); found && young(r.began, now) {
		return nil, r.cause
	}
	k, err := a.lookUp(ctx, hash, token, now)
	if err != nil {
		return nil, err
	}
	return k.in(a.expiry())
}

func (a *Authenticator) expiry() time.Time {
	if a.Expiry == nil {
		return a.Now()
	}
	return a.Expiry()
}

// Familiar reports whether token was valid within the last hour. It reads
// memory only. The token may no longer be valid.
func (a *Authenticator) Familiar(token string) bool {
	_, found := a.good.GetIfPresent(HashOf(token))
	return found
}

// ages returns the time from began to now by both clocks. An administrator can
// set the wall clock, and the monotonic clock may stop while the machine
// sleeps.
func ages(began, now time.Time) (mono, wall time.Duration) {
	return now.Sub(began), now.Round(0).Sub(began.Round(0))
}

// young reports whether began was less than maxAge before now.
func young(began, now time.Time) bool { return fresh(ages(began, now)) }

// fresh reports whether an age is less than maxAge by both clocks. After a
// clock was set back, cached results are old.
func fresh(mono, wall time.Duration) bool {
	return mono >= 0 && mono < maxAge && wall >= 0 && wall < maxAge
}

var errUnknown = errs.New(errs.Unauthorized, "The token is unknown. Send a valid token of this platform.")

// lookUp authenticates the caller of token. Concurrent callers with the same
// token share one lookup. A caller does not use a lookup that began too long
// before it came.
func (a *Authenticator) lookUp(ctx context.Context, hash Hash, token string, came time.Time) (*known, error) {
	for range 2 {
		result := a.lookups.DoChan(string(hash[:]), func() (any, error) {
			// The first caller may leave while others wait.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookupTimeout)
			defer cancel()
			k := &known{began: a.Now()}
			err := recovered(func() (err error) {
				k.Principal, err = a.recognise(ctx, hash, token)
				return err
			})
			switch {
			case err == nil:
				a.known.Set(hash, k)
				a.good.Set(hash, struct{}{})
			case errs.Is(err, errs.Unauthorized):
				a.refused.Set(hash, &refusal{err, k.began})
			}
			return k, err
		})
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case r := <-result:
			k, ok := r.Val.(*known)
			if mono, wall := ages(k.began, came); ok && max(mono, wall) < maxAge {
				return k, r.Err
			}
		}
	}
	return nil, errs.New(errs.Unavailable, "The lookup of the token takes too long. Retry later.")
}

// recovered turns a panic into an error. In a separate goroutine, a panic would
// end the process.
func recovered(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("recognise a token: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

func (a *Authenticator) recognise(ctx context.Context, hash Hash, token string) (*Principal, error) {
	switch {
	case wellFormed(token):
		return a.byHash(ctx, hash)
	case strings.HasPrefix(token, Prefix):
		return nil, errs.New(errs.Unauthorized, "The token has a wrong checksum: it was mistyped or cut off.")
	case a.Provider != nil:
		return a.Provider.Verify(ctx, token)
	default:
		return nil, errUnknown
	}
}

func (a *Authenticator) byHash(ctx context.Context, hash Hash) (*Principal, error) {
	token, err := a.Tokens.TokenByHash(ctx, hash[:])
	switch {
	case errs.Is(err, errs.NotFound):
		return nil, errUnknown
	case err != nil:
		return nil, err
	case subtle.ConstantTimeCompare(token.Hash, hash[:]) != 1:
		return nil, errUnknown
	case token.RevokedAt != nil:
		return nil, errs.New(errs.Unauthorized, "The token has been revoked. Use another one.")
	}
	scopes, _ := KnownScopes(strings.Fields(token.Scopes)...)
	p := &Principal{ID: "token:" + strconv.FormatInt(token.ID, 10), Name: token.Name, Scopes: scopes}
	if token.ExpiresAt != nil {
		p.Expires = token.ExpiresAt.Std()
	}
	if _, err := p.in(a.expiry()); err != nil {
		return nil, err
	}
	a.touched.note(token.ID)
	return p, nil
}
