package api

import (
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/runs"
)

// Parts configure the operations of the API.
type Parts struct {
	REST    rest.Config
	Console console.Config
	Product Product
}

// Product has the settings of the product's parts, and the services that they use.
type Product struct {
	ProductConfig
	resource.Deps
	Queue *runs.Client // of the runs, in DB
}

// NewAPI returns all operations: the platform's and the product's.
func NewAPI(p Parts) *rest.API {
	api := newPlatform(p)
	registerProduct(api, p.Product)
	return api
}

// newPlatform returns the platform's operations.
func newPlatform(p Parts) *rest.API {
	p.REST.Title, p.REST.Version, p.REST.Description, p.REST.Scopes = "FUALab API", apiVersion, description+commonDescription, scopes
	p.Console.Cached, p.Console.Words = p.REST.Cache != nil, words
	api := rest.New(p.REST)
	console.Register(api, p.Console)
	return api
}

// NewCache returns a cache of at most the given bytes, for the product's records.
func NewCache(bytes int64) *cache.Cache { return cache.New(bytes, cachedKinds...) }

// apiVersion is the version of the HTTP interface, not of the program, which
// /health tells.
const apiVersion = "1.0.0"

// commonDescription comes behind the product's.
const commonDescription = `

Where requests are limited, answers tell how much is left: ` + "`RateLimit`" + ` and ` + "`RateLimit-Policy`" + ` (draft-ietf-httpapi-ratelimit-headers).
An answer of 429 says in Retry-After how many seconds to wait.`
