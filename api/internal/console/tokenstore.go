package console

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// maxTokens is the largest length of a list of tokens.
const maxTokens = 1000

// TokenStore reads and changes the tokens. It is safe for concurrent use.
type TokenStore struct {
	db  *database.DB
	now func() time.Time
}

// NewTokenStore returns a store of the tokens in db, with the times of now.
func NewTokenStore(db *database.DB, now func() time.Time) *TokenStore { return &TokenStore{db, now} }

// CreateToken stores a token, and sets its id and its time of creation.
func (s *TokenStore) CreateToken(ctx context.Context, token *model.Token) error {
	token.CreatedAt = model.NewTime(s.now())
	_, err := s.db.NewInsert().Model(token).Returning("id").Exec(ctx)
	return database.Error(err, "insert a token")
}

// Tokens returns at most a thousand tokens, the newest first, including expired
// and revoked ones.
func (s *TokenStore) Tokens(ctx context.Context) ([]*model.Token, error) {
	var tokens []*model.Token
	err := s.db.NewSelect().Model(&tokens).Order("id DESC").Limit(maxTokens).Scan(ctx)
	return tokens, database.Error(err, "select the tokens")
}

// TokenByHash returns the token with the given SHA-256, even if it is expired
// or revoked, or an errs.NotFound error.
func (s *TokenStore) TokenByHash(ctx context.Context, hash []byte) (*model.Token, error) {
	token := new(model.Token)
	err := s.db.NewSelect().Model(token).Where("hash = ?", hash).Scan(ctx)
	return token, database.Error(err, "select a token by its hash")
}

// RevokeToken revokes the token with the given id and returns it, or an
// errs.NotFound error. A token that was revoked before does not change.
func (s *TokenStore) RevokeToken(ctx context.Context, id int64) (*model.Token, error) {
	token := new(model.Token)
	err := s.db.NewUpdate().Model(token).Set("revoked_at = coalesce(revoked_at, ?)", model.NewTime(s.now())).
		Where("id = ?", id).Returning("*").Scan(ctx)
	err = database.Error(err, "revoke token %d", id)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Wrap(errs.NotFound, "There is no token with this id. GET /api/tokens and `fualab-api token list` list the tokens.", err)
	}
	return token, err
}

// TouchTokens records that tokens were in use now.
func (s *TokenStore) TouchTokens(ctx context.Context, ids ...int64) error {
	_, err := s.db.NewUpdate().Model((*model.Token)(nil)).Set("last_used_at = ?", model.NewTime(s.now())).
		Where("id IN (?)", bun.List(ids)).Exec(ctx)
	return database.Error(err, "record the use of %d tokens", len(ids))
}
