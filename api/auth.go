package api

import (
	"context"
	"time"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/auth/oidc"
	"github.com/fualab/fualab/shared/config"
)

// authOn reports whether callers need a token.
func (c Config) authOn() bool {
	if c.Auth != "" {
		return c.Auth == config.On
	}
	// In production a proxy on the same machine may stand before loopback.
	return c.OIDCIssuer != "" || c.Env == config.Production
}

// loopback reports whether only this machine reaches the API.
func (c Config) loopback() bool {
	if c.Listener != nil {
		return config.Addr(c.Listener.Addr().String()).Loopback()
	}
	return c.Addr.Loopback()
}

// checkOpen returns a *config.Error if every client that reaches the listener
// could do everything, and no setting allows it. It is for serving alone: other
// commands do not listen.
func (c Config) checkOpen() error {
	if c.Auth != "" || c.authOn() || c.loopback() {
		return nil
	}
	return &config.Error{Faults: []config.Fault{{
		Variable: "FUALAB_AUTH",
		Message:  "is needed where others reach FUALAB_API_ADDR: set it to on, or to off if all who reach the address may do everything; or listen on 127.0.0.1",
	}}}
}

func (c Config) authFaults() []config.Fault {
	var faults []config.Fault
	if c.Env == config.Production && c.Auth == config.Off {
		faults = append(faults, config.Fault{Variable: "FUALAB_AUTH", Message: "lets in everybody, which FUALAB_ENV=production refuses: set it to on, or leave it out"})
	}
	if c.Auth == config.Off && c.OIDCIssuer != "" {
		faults = append(faults, config.Fault{Variable: "FUALAB_AUTH", Message: "is off, and FUALAB_OIDC_ISSUER names who signs tokens: set it to on, or leave the issuer out"})
	}
	if c.OIDCIssuer != "" && c.OIDCAudience == "" {
		faults = append(faults, config.Fault{Variable: "FUALAB_OIDC_AUDIENCE", Message: "is needed with FUALAB_OIDC_ISSUER: without it, tokens for other programs would be good here; set it to what the provider calls this API"})
	}
	if c.OIDCIssuer == "" && c.OIDCAudience != "" {
		faults = append(faults, config.Fault{Variable: "FUALAB_OIDC_ISSUER", Message: "is needed with FUALAB_OIDC_AUDIENCE: set it to the provider's URL, or leave out both"})
	}
	return faults
}

// startAuth returns nil where every caller may do everything. Otherwise the
// caller has to close it.
func startAuth(ctx context.Context, cfg Config, tokens auth.Tokens, now func() time.Time) *auth.Authenticator {
	if !cfg.authOn() {
		if !cfg.loopback() {
			cfg.Log.WarnContext(ctx, "all who reach this address may do everything: FUALAB_AUTH=on asks for tokens")
		}
		return nil
	}
	var provider auth.Provider
	if cfg.OIDCIssuer != "" {
		provider = oidc.New(oidc.Config{
			Issuer: string(cfg.OIDCIssuer), Audience: cfg.OIDCAudience, ScopeClaim: cfg.OIDCScopeClaim, Now: time.Now,
		})
	}
	return auth.Start(ctx, auth.Config{Tokens: tokens, Provider: provider, Now: time.Now, Expiry: now, Log: cfg.Log})
}
