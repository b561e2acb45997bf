package rest

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/limit"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/log"
)

// guard authenticates and authorizes callers. A nil guard accepts all callers.
type guard struct {
	auth     *auth.Authenticator
	failures *limit.Failures // by address; nil: unlimited
	trusted  []netip.Prefix
	log      *slog.Logger
	scopes   map[string]auth.Scope // the scope of each operation, by method and pattern
	api      *API
}

func newGuard(a *API) *guard {
	if a.cfg.Auth == nil {
		return nil
	}
	return &guard{a.cfg.Auth, a.cfg.Failures, a.cfg.Trusted, a.cfg.Log, map[string]auth.Scope{}, a}
}

// authenticate rejects requests without a valid token, except on public paths.
func (g *guard) authenticate(next http.Handler) http.Handler {
	if g == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isOpen(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		token, err := bearer(r.Header)
		if err != nil {
			g.refuse(w, r, err, `Bearer realm="FUALab"`)
			return
		}
		if err := g.tooMany(w, r, token); err != nil {
			g.refuse(w, r, err, "")
			return
		}
		p, err := g.auth.Verify(r.Context(), token)
		if errs.Is(err, errs.Unauthorized) && g.failures != nil {
			g.failures.Record(r.Context(), g.address(r))
		}
		if err != nil {
			g.refuse(w, r, err, `Bearer realm="FUALab", error="invalid_token"`)
			return
		}
		log.RequestOf(r.Context()).Caller = p.ID
		next.ServeHTTP(w, r.WithContext(auth.With(r.Context(), p)))
	})
}

// tooMany returns an errs.TooManyRequests error for an unfamiliar token from an
// address with too many invalid ones. It prevents the lookup of that token.
// Callers with familiar tokens at the same address are not affected.
func (g *guard) tooMany(w http.ResponseWriter, r *http.Request, token string) error {
	if g.failures == nil || g.auth.Familiar(token) {
		return nil
	}
	verdict := g.failures.Allow(r.Context(), g.address(r))
	if verdict.Allowed {
		return nil
	}
	seconds := ceilSeconds(verdict.RetryAfter)
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return errs.Newf(errs.TooManyRequests, "Too many invalid tokens from this address. Retry in %d s, with a valid one.", seconds)
}

// address is the client's address for the count of failures.
func (g *guard) address(r *http.Request) string {
	return limit.Key(limit.Client(r.RemoteAddr, r.Header.Values("X-Forwarded-For"), g.trusted))
}

// bearer returns the token of a request (RFC 6750, section 2.1).
func bearer(h http.Header) (string, error) {
	lines := h["Authorization"]
	if len(lines) == 1 {
		scheme, token, _ := strings.Cut(lines[0], " ")
		if token = strings.Trim(token, " "); token != "" && strings.EqualFold(scheme, "Bearer") {
			return token, nil
		}
	}
	return "", errs.New(errs.Unauthorized, "Send one header `Authorization: Bearer TOKEN`. `fualab-api token create` makes a token.")
}

// may reports whether the caller has the needed scopes. It needs authenticate before
// it.
func (g *guard) may(ctx context.Context, needed auth.Scope) bool {
	if g == nil {
		return true
	}
	p, known := auth.From(ctx)
	return known && p.Scopes.Has(needed)
}

// Still reports whether the caller of r would be accepted now, with a token of
// the scope needed.
func (a *API) Still(r *http.Request, needed auth.Scope) bool {
	g := a.guard
	if g == nil {
		return true
	}
	token, err := bearer(r.Header)
	if err != nil {
		return false
	}
	p, err := g.auth.Verify(r.Context(), token)
	return err == nil && p.Scopes.Has(needed)
}

// authorize refuses a caller without the scope of the operation. It does so before
// the request is counted, read or answered from memory.
func (g *guard) authorize(router *mux.Router, next http.Handler) http.Handler {
	if g == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route, needed, protected := g.needed(router, r)
		if !protected || g.may(r.Context(), needed) {
			next.ServeHTTP(w, r)
			return
		}
		request := log.RequestOf(r.Context())
		request.Route, request.Event = route, log.ScopeRefused
		g.refuse(w, r, errs.Newf(errs.Forbidden, "The token lacks the scope %s for this operation. GET /api/me lists its scopes.", needed),
			`Bearer realm="FUALab", error="insufficient_scope", scope="`+needed.String()+`"`)
	})
}

// needed returns the pattern and the scope of the operation of r, and whether
// it needs a scope.
func (g *guard) needed(router *mux.Router, r *http.Request) (route string, scope auth.Scope, protected bool) {
	if wanted, ok := g.api.readingOf(r); ok {
		return wanted.route, wanted.of.Scope, true
	}
	var match mux.RouteMatch
	if !router.Match(r, &match) || match.MatchErr != nil || match.Route == nil {
		return "", 0, false
	}
	route, err := match.Route.GetPathTemplate()
	if err != nil {
		return "", 0, false
	}
	scope, protected = g.scopes[r.Method+" "+route]
	return route, scope, protected
}

// refuse answers with a problem. If the caller is at fault, it adds a challenge
// (RFC 6750, section 3).
func (g *guard) refuse(w http.ResponseWriter, r *http.Request, err error, challenge string) {
	switch errs.KindOf(err) {
	case errs.Unauthorized:
		log.RequestOf(r.Context()).Event = log.TokenRefused
		w.Header().Set("WWW-Authenticate", challenge)
	case errs.Forbidden:
		w.Header().Set("WWW-Authenticate", challenge)
	case errs.TooManyRequests:
		log.RequestOf(r.Context()).Event = log.LimitReached
	}
	WriteError(w, r, g.log, err)
}
