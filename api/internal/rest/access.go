package rest

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/shared/httpserver"
)

// isOpen reports whether everybody may have what is at path: the health
// checks, and the documentation where there is one.
func isOpen(path string) bool {
	return httpserver.IsProbe(path) || path == "/openapi.json" || path == "/docs" || strings.HasPrefix(path, "/docs/")
}

// securityScheme is the name under which the document has the way to let
// oneself in.
const securityScheme = "bearer"

func securitySchemes(scopes string) map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{
		securityScheme: {
			Type: "http", Scheme: "bearer",
			Description: "An API token, which `fualab-api token create` makes, or a JSON web token of the OpenID provider that the server is set up for. " +
				scopes + " None contains another. " +
				"A server with FUALAB_AUTH=off asks for none.",
		},
	}
}

// protect has op ask for its scope, and its documentation say so.
func (g *guard) protect(op *Operation) {
	if isOpen(op.Path) {
		return
	}
	needed := op.Scope
	switch needed {
	case 0:
		panic("the operation " + op.OperationID + " has no scope")
	case AnyToken:
		needed = 0
	}
	op.Security = []map[string][]string{{securityScheme: needed.Names()}}
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden)
	if g != nil {
		g.scopes[op.Method+" "+op.Path] = needed
	}
}
