package httpapi

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/shared/httpserver"
)

// isOpen reports whether everybody may have what is at path: the health
// checks, and the documentation where there is one.
func isOpen(path string) bool {
	return httpserver.IsProbe(path) || path == "/openapi.json" || path == "/docs" || strings.HasPrefix(path, "/docs/")
}

// neededFor returns the scope that op needs: the rules, all of them. What has
// no rule needs admin; 0 is for every caller who is known.
func neededFor(op huma.Operation) auth.Scope {
	looks := op.Method == http.MethodGet
	switch strings.Join(op.Tags, ",") {
	case "Me":
		return 0
	case "Items", "Imports":
		if looks {
			return auth.Read
		}
		return auth.Write
	case "Schedules", "Runs", "Workers", "Stats", "Events":
		if looks {
			return auth.Read
		}
	}
	return auth.Admin
}

// securityScheme is the name under which the document has the way to let
// oneself in.
const securityScheme = "bearer"

var securitySchemes = map[string]*huma.SecurityScheme{
	securityScheme: {
		Type: "http", Scheme: "bearer",
		Description: "An API token, which `fualab-api token create` makes, or a JSON web token of the OpenID provider that the server is set up for. " +
			"Scopes: read looks at everything but tokens; write creates, changes, deletes, restores and imports items; admin changes schedules, starts and ends runs, lists and revokes tokens. None contains another. " +
			"A server with FUALAB_AUTH=off asks for none.",
	},
}

// protect has op ask for the scope that it needs, and its documentation say so.
func (g *guard) protect(op *huma.Operation) {
	if isOpen(op.Path) {
		return
	}
	needed := neededFor(*op)
	op.Security = []map[string][]string{{securityScheme: needed.Names()}}
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden)
	if g != nil {
		op.Middlewares = append(op.Middlewares, requirement{g, needed}.check)
	}
}
