package api

import (
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/api/internal/rest"
)

// parts configure the operations of the API.
type parts struct {
	rest    rest.Config
	console console.Config
	product productConfig
}

// newAPI returns all operations: the platform's and the product's.
func newAPI(p parts) *rest.API {
	p.rest.Title, p.rest.Version, p.rest.Description, p.rest.Scopes = "FUALab API", apiVersion, description+commonDescription, scopes
	p.console.Cached, p.console.Words = p.rest.Cache != nil, words
	api := rest.New(p.rest)
	console.Register(api, p.console)
	registerProduct(api, p.product)
	return api
}

// apiVersion is the version of the HTTP interface, not of the program, which
// /health tells.
const apiVersion = "1.0.0"

// commonDescription comes behind the product's.
const commonDescription = `

Where requests are limited, answers tell how much is left: ` + "`RateLimit`" + ` and ` + "`RateLimit-Policy`" + ` (draft-ietf-httpapi-ratelimit-headers).
An answer of 429 says in Retry-After how many seconds to wait.`
