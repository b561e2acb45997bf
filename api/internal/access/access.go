// Package access names the caller of a request. Each function of a store that reads or writes for a client takes the
// caller, so that it can keep rows from it and record its name.
package access

import (
	"context"

	"github.com/fualab/fualab/api/internal/auth"
)

// Caller is the client of a request. The zero value is one that is not known: authentication is off.
type Caller struct {
	ID     string // the same as long as the caller is; "" for one that is not known
	Name   string // for people
	Scopes auth.Scope
}

// From returns the caller that ctx belongs to.
func From(ctx context.Context) Caller {
	p, _ := auth.From(ctx)
	return Caller{ID: p.ID, Name: p.Name, Scopes: p.Scopes}
}
