package api

import (
	"context"
	"time"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/auth/oidc"
	"github.com/fualab/fualab/api/internal/store"
	"github.com/fualab/fualab/shared/config"
)

// authOn reports whether callers need a token: what is set, or else what is
// safe where the API runs.
func (c Config) authOn() bool {
	switch {
	case c.Auth != "":
		return c.Auth == config.On
	case c.OIDCIssuer != "", c.Env == config.Production:
		return true // a proxy on the same machine may stand before loopback
	default:
		return c.Env != config.Development && !c.loopback()
	}
}

// loopback reports whether only this machine reaches the API.
func (c Config) loopback() bool {
	if c.Listener != nil {
		return config.Addr(c.Listener.Addr().String()).Loopback()
	}
	return c.Addr.Loopback()
}

func (c Config) authFaults() []config.Fault {
	var faults []config.Fault
	if c.Env == config.Production && c.Auth == config.Off {
		faults = append(faults, config.Fault{Variable: "FUALAB_AUTH", Message: "lets in everybody, which FUALAB_ENV=production refuses: set it to on, or leave it out"})
	}
	if c.OIDCIssuer != "" && c.OIDCAudience == "" {
		faults = append(faults, config.Fault{Variable: "FUALAB_OIDC_AUDIENCE", Message: "is needed with FUALAB_OIDC_ISSUER: without it, tokens for other programs would be good here; set it to what the provider calls this API"})
	}
	if c.OIDCIssuer == "" && c.OIDCAudience != "" {
		faults = append(faults, config.Fault{Variable: "FUALAB_OIDC_ISSUER", Message: "is needed with FUALAB_OIDC_AUDIENCE: set it to the provider's URL, or leave out both"})
	}
	return faults
}

// startAuth returns nil where everybody may do everything. Otherwise the
// caller has to close it.
func startAuth(ctx context.Context, cfg Config, st *store.Store) *auth.Authenticator {
	if !cfg.authOn() {
		if !cfg.loopback() {
			cfg.Log.WarnContext(ctx, "everybody who reaches this address may do everything: FUALAB_AUTH=on asks for tokens")
		}
		return nil
	}
	var provider auth.Provider
	if cfg.OIDCIssuer != "" {
		provider = oidc.New(oidc.Config{
			Issuer: string(cfg.OIDCIssuer), Audience: cfg.OIDCAudience, ScopeClaim: cfg.OIDCScopeClaim, Now: time.Now,
		})
	}
	return auth.Start(ctx, auth.Config{Tokens: st, Provider: provider, Now: time.Now, Log: cfg.Log})
}
