package console

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/log"
	"github.com/fualab/fualab/shared/model"
)

// tokenHandlers list and revoke tokens. They create none: a stolen token could
// create more tokens, and a response would contain a secret.
type tokenHandlers struct{ store *TokenStore }

// tokenBody is a token in the API's form.
type tokenBody struct {
	ID         int64       `json:"id"`
	Name       string      `json:"name" example:"ci"`
	Scopes     []string    `json:"scopes" enum:"read,write,admin"`
	CreatedAt  model.Time  `json:"created_at" format:"date-time"`
	ExpiresAt  *model.Time `json:"expires_at" format:"date-time" nullable:"true" doc:"null for never."`
	RevokedAt  *model.Time `json:"revoked_at" format:"date-time" nullable:"true"`
	LastUsedAt *model.Time `json:"last_used_at" format:"date-time" nullable:"true" doc:"Accurate to about a minute; null for not yet."`
}

type tokensOutput struct {
	Body []tokenBody
}

type revokeInput struct {
	ID int64 `path:"id" doc:"The token's id."`
}

func (h *tokenHandlers) register(api *rest.API) {
	const list = "/api/tokens"
	tags := []string{"Tokens"}
	rest.Handle(api, rest.Operation{Scope: auth.Admin, Operation: huma.Operation{
		OperationID: "list-tokens", Method: http.MethodGet, Path: list, Tags: tags,
		Summary: "List the API tokens, newest first", Description: "The newest thousand, including expired and revoked ones. A token itself is shown only once, by `fualab-api token create`, the only way to create one.",
	}}, h.list)
	rest.Handle(api, rest.Operation{Scope: auth.Admin, Operation: huma.Operation{
		OperationID: "revoke-token", Method: http.MethodDelete, Path: list + "/{id}", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Revoke an API token", Description: "All instances refuse the token within a second, permanently. A token that was revoked before does not change.", Errors: []int{404},
	}}, h.revoke)
}

func (h *tokenHandlers) list(ctx context.Context, _ *struct{}) (*tokensOutput, error) {
	tokens, err := h.store.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	bodies := make([]tokenBody, len(tokens))
	for i, t := range tokens {
		bodies[i] = tokenBody{
			ID: t.ID, Name: t.Name, Scopes: strings.Fields(t.Scopes),
			CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, RevokedAt: t.RevokedAt, LastUsedAt: t.LastUsedAt,
		}
	}
	return &tokensOutput{Body: bodies}, nil
}

func (h *tokenHandlers) revoke(ctx context.Context, in *revokeInput) (*struct{}, error) {
	_, err := h.store.RevokeToken(ctx, in.ID)
	if err == nil {
		log.RequestOf(ctx).Event = log.TokenRevoked
	}
	return nil, err
}
