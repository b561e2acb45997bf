// Package auth knows who calls: by an API token, whose hash is in the
// database, or by a JSON web token of an OpenID provider. It knows no HTTP.
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
	// maxAge is how old what is known of a token may be: what is missing to a
	// second is for the time between the look at the clock and the look at the
	// database.
	maxAge = 900 * time.Millisecond
	// maxKnown bounds how many tokens are known at a time.
	maxKnown = 10_000
	// goodFor is how long a token that was good is remembered as familiar.
	goodFor = time.Hour
	// maxToken bounds what is taken for a token, in bytes.
	maxToken = 8 << 10
	// lookTimeout bounds the look at the database or the provider's keys.
	lookTimeout = 5 * time.Second
)

// Tokens is where API tokens are.
type Tokens interface {
	// TokenByHash returns a token by its SHA-256, or an errs.NotFound error.
	TokenByHash(ctx context.Context, hash []byte) (*model.Token, error)
	// TouchTokens notes that tokens are in use.
	TouchTokens(ctx context.Context, ids ...int64) error
}

// Provider recognises the callers of somebody else's tokens.
type Provider interface {
	// Verify returns whose token it is, or an errs.Unauthorized error, or an
	// errs.Unavailable one if it cannot be told now.
	Verify(ctx context.Context, token string) (*Principal, error)
}

// Config is what an Authenticator works with.
type Config struct {
	Tokens   Tokens
	Provider Provider         // nil: only API tokens are good
	Now      func() time.Time // this machine's time, by which memory ages
	Expiry   func() time.Time // the database's time, by which tokens expire; nil: Now
	Log      *slog.Logger
}

// Authenticator recognises callers by their tokens. It is safe for concurrent
// use.
type Authenticator struct {
	Config
	known   *otter.Cache[Hash, *known]
	refused *otter.Cache[Hash, *refusal]
	good    *otter.Cache[Hash, struct{}]
	looks   singleflight.Group
	touched *touched
}

// known is a caller, with the moment before the look that found out.
type known struct {
	*Principal
	began time.Time
}

// refusal is why a token is no good, with the moment before the look that found
// out.
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
		// Frees the memory; whether what is known is young enough is asked when it is read.
		ExpiryCalculator: otter.ExpiryWriting[Hash, *known](maxAge),
	})
	a.refused = otter.Must(&otter.Options[Hash, *refusal]{MaximumSize: maxKnown, ExpiryCalculator: otter.ExpiryWriting[Hash, *refusal](maxAge)})
	a.good = otter.Must(&otter.Options[Hash, struct{}]{MaximumSize: maxKnown, ExpiryCalculator: otter.ExpiryWriting[Hash, struct{}](goodFor)})
	return a
}

// Close writes down which tokens were in use lately. It must be called once.
func (a *Authenticator) Close() { a.touched.close() }

// Verify returns whose token it is. The error is errs.Unauthorized for what
// is no good token, and errs.Unavailable when that cannot be told now: nobody
// is let in by what was known a second ago.
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
	k, err := a.look(ctx, hash, token, now)
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

// Familiar reports, without a look at anything but memory, whether token was
// good within the last hour. It may be good no longer.
func (a *Authenticator) Familiar(token string) bool {
	_, found := a.good.GetIfPresent(HashOf(token))
	return found
}

// ages returns the time from began to now by both clocks: the wall's may be
// set, and the monotonic one may stand still while the machine does.
func ages(began, now time.Time) (mono, wall time.Duration) {
	return now.Sub(began), now.Round(0).Sub(began.Round(0))
}

// young reports whether began was less than maxAge before now.
func young(began, now time.Time) bool { return fresh(ages(began, now)) }

// fresh reports whether an age is less than maxAge by both clocks. A clock that
// was set back makes what is known old.
func fresh(mono, wall time.Duration) bool {
	return mono >= 0 && mono < maxAge && wall >= 0 && wall < maxAge
}

var errUnknown = errs.New(errs.Unauthorized, "The token is not one that is good here.")

// look finds out whose token it is. Of callers with the same token one looks
// for all; what was seen too long before a caller came is not for it.
func (a *Authenticator) look(ctx context.Context, hash Hash, token string, came time.Time) (*known, error) {
	for range 2 {
		result := a.looks.DoChan(string(hash[:]), func() (any, error) {
			// The first caller may go while others wait.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
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
	return nil, errs.New(errs.Unavailable, "Tokens cannot be looked up in time. Try again.")
}

// recovered makes an error of a panic, which in a goroutine of its own would
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
		return nil, errs.New(errs.Unauthorized, "The token was mistyped or cut off: its checksum is wrong.")
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
