package model

import "github.com/uptrace/bun"

// Token is the record of a program's credential, without the secret itself; it
// is a row in the table tokens.
type Token struct {
	bun.BaseModel `bun:"table:tokens"`

	ID         int64  `bun:",pk,autoincrement"`
	Name       string // the name of its user
	Hash       []byte // SHA-256 of the token
	Scopes     string // separated by spaces
	CreatedAt  Time
	ExpiresAt  *Time // nil for no expiry
	RevokedAt  *Time
	LastUsedAt *Time // accurate to about a minute
}
