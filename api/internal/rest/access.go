package rest

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/shared/httpserver"
)

// isOpen reports whether path is public: the health checks, and the
// documentation if served.
func isOpen(path string) bool {
	return httpserver.IsProbe(path) || path == "/openapi.json" || path == "/docs" || strings.HasPrefix(path, "/docs/")
}

// securityScheme is the name of the authentication scheme in the document.
const securityScheme = "bearer"

func securitySchemes(scopes string) map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{
		securityScheme: {
			Type: "http", Scheme: "bearer",
			Description: "An API token from `fualab-api token create`, or a JSON web token of the server's OpenID provider. " +
				scopes + " None contains another. " +
				"A server with FUALAB_AUTH=off needs no token.",
		},
	}
}

// protect makes op require its scope, and documents that.
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
