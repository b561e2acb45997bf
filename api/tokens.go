package api

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/shared/clock"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/schema"
)

// Token is the stored record of a token.
type Token = model.Token

// Tokens makes, lists and revokes API tokens, with access to the database alone.
type Tokens struct {
	db    *database.DB
	store *console.TokenStore
	now   func() time.Time
}

// OpenTokens opens the database that cfg names, which must have the schema of
// this version. The caller closes the result.
func OpenTokens(ctx context.Context, cfg Config) (*Tokens, error) {
	db, err := OpenDatabase(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := schema.Check(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	clk := clock.New(db.Now)
	if err := clk.Sync(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Tokens{db, console.NewTokenStore(db, clk.Now), clk.Now}, nil
}

// Close closes the database.
func (t *Tokens) Close() error { return t.db.Close() }

// maxTokenName bounds a token's name, in characters.
const maxTokenName = 100

// Create makes a token that is good for so long, 0 for ever, and returns it for
// the only time. scopes are names, separated by commas or spaces.
func (t *Tokens) Create(ctx context.Context, name, scopes string, life time.Duration) (string, *Token, error) {
	secret := auth.NewToken()
	token, err := t.Register(ctx, name, scopes, life, auth.HashOf(secret))
	return secret, token, err
}

// Register is Create for a token that was made elsewhere, of which only the
// SHA-256 is known here. A token of another form than Create's is never valid.
func (t *Tokens) Register(ctx context.Context, name, scopes string, life time.Duration, hash [32]byte) (*Token, error) {
	if n := utf8.RuneCountInString(name); !utf8.ValidString(name) || strings.ContainsRune(name, 0) || n < 1 || n > maxTokenName {
		return nil, errs.Newf(errs.Invalid, "a token's name has 1 to %d characters", maxTokenName)
	}
	scope, err := auth.ParseScopes(scopes)
	if err != nil {
		return nil, err
	}
	token := &Token{Name: name, Hash: hash[:], Scopes: scope.String()}
	if life > 0 {
		expires := model.NewTime(t.now().Add(life))
		token.ExpiresAt = &expires
	}
	return token, t.store.CreateToken(ctx, token)
}

// List returns the tokens, the newest first.
func (t *Tokens) List(ctx context.Context) ([]*Token, error) { return t.store.Tokens(ctx) }

// Revoke ends a token, which is refused everywhere within a second.
func (t *Tokens) Revoke(ctx context.Context, id int64) (*Token, error) {
	return t.store.RevokeToken(ctx, id)
}
