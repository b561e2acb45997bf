package model

import "github.com/uptrace/bun"

// Token is what a program shows to be let in, without the token itself: its
// row in the table tokens.
type Token struct {
	bun.BaseModel `bun:"table:tokens"`

	ID         int64  `bun:",pk,autoincrement"`
	Name       string // who or what uses it
	Hash       []byte // SHA-256 of the token
	Scopes     string // separated by spaces
	CreatedAt  Time
	ExpiresAt  *Time // nil: never
	RevokedAt  *Time
	LastUsedAt *Time // to a minute or so
}
