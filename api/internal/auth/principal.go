package auth

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/errs"
)

// Principal is a caller who has been recognised.
type Principal struct {
	ID      string // the same as long as the caller is: token:7, or oidc:<issuer>|<subject>
	Name    string // for people
	Scopes  Scope
	Expires time.Time // zero: never
}

// in returns p, or an errs.Unauthorized error once it has expired.
func (p *Principal) in(now time.Time) (*Principal, error) {
	if !p.Expires.IsZero() && !now.Before(p.Expires) {
		return nil, Expired()
	}
	return p, nil
}

// Expired is the error for a token whose time is over.
func Expired() error {
	return errs.New(errs.Unauthorized, "The token has expired. Use a new one.")
}

type principalKey struct{}

// With returns a context of what p asks for.
func With(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// From returns who asks; false where authentication is off, or not needed.
func From(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(*Principal)
	if !ok {
		return Principal{}, false
	}
	return *p, true
}
