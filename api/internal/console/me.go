package console

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/model"
)

type meOutput struct {
	Body meBody
}

// meBody describes the caller.
type meBody struct {
	Authentication string      `json:"authentication" enum:"on,off" doc:"off: all callers have all rights, and none is identified."`
	ID             string      `json:"id" example:"token:7" doc:"The caller's id. It is stable for an API token, and for a subject of the OpenID provider."`
	Name           string      `json:"name" example:"ci"`
	Scopes         []string    `json:"scopes" enum:"read,write,admin"`
	ExpiresAt      *model.Time `json:"expires_at" format:"date-time" nullable:"true" doc:"Time at which the token expires; null for never."`
}

func registerMe(api *rest.API) {
	rest.Handle(api, rest.Operation{Scope: rest.AnyToken, Operation: huma.Operation{
		OperationID: "get-me", Method: http.MethodGet, Path: "/api/me", Tags: []string{"Me"},
		Summary: "Get the caller and its scopes",
	}}, me)
}

func me(ctx context.Context, _ *struct{}) (*meOutput, error) {
	p, known := auth.From(ctx)
	if !known {
		return &meOutput{meBody{Authentication: "off", ID: "anybody", Name: "anybody", Scopes: auth.All.Names()}}, nil
	}
	body := meBody{Authentication: "on", ID: p.ID, Name: p.Name, Scopes: p.Scopes.Names()}
	if !p.Expires.IsZero() {
		expires := model.NewTime(p.Expires)
		body.ExpiresAt = &expires
	}
	return &meOutput{body}, nil
}
