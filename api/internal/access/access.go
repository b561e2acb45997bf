// Package access has the caller of a request. Each store function that reads or
// writes for a client takes the caller, so that it can hide rows from it and
// record its name.
package access

import (
	"context"

	"github.com/fualab/fualab/api/internal/auth"
)

// Caller is the client of a request. The zero value is an unknown caller:
// authentication is off.
type Caller struct {
	ID     string // stable for the caller; "" for an unknown one
	Name   string // for display
	Scopes auth.Scope
}

// From returns the caller of ctx.
func From(ctx context.Context) Caller {
	p, _ := auth.From(ctx)
	return Caller{ID: p.ID, Name: p.Name, Scopes: p.Scopes}
}
