package auth

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/errs"
)

// Principal is an authenticated caller.
type Principal struct {
	ID      string // stable for the caller: token:7, or oidc:<issuer>|<subject>
	Name    string // for display
	Scopes  Scope
	Expires time.Time // zero: never
}

// in returns p, or an errs.Unauthorized error if p has expired.
func (p *Principal) in(now time.Time) (*Principal, error) {
	if !p.Expires.IsZero() && !now.Before(p.Expires) {
		return nil, Expired()
	}
	return p, nil
}

// Expired is the error for an expired token.
func Expired() error {
	return errs.New(errs.Unauthorized, "The token has expired. Use a new one.")
}

type principalKey struct{}

// With returns a context with the caller p.
func With(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// From returns the caller of ctx. It returns false without authentication, and
// on public paths.
func From(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(*Principal)
	if !ok {
		return Principal{}, false
	}
	return *p, true
}
