package api

import (
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/api/internal/rest"
)

// NewAPI returns all operations, on the parts that a test gives.
func NewAPI(r rest.Config, c console.Config, p productConfig) *rest.API {
	return newAPI(parts{r, c, p})
}
