package api

import "github.com/fualab/fualab/api/internal/rest"

// NewPlatform returns the platform's operations alone.
func NewPlatform(p Parts) *rest.API { return newPlatform(p) }
