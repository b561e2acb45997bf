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

// guard lets in who may. A nil guard lets in everybody.
type guard struct {
	auth     *auth.Authenticator
	failures *limit.Failures // by address; nil: as many as somebody likes
	trusted  []netip.Prefix
	log      *slog.Logger
	scopes   map[string]auth.Scope // of each operation, by method and pattern
	api      *API
}

func newGuard(a *API) *guard {
	if a.cfg.Auth == nil {
		return nil
	}
	return &guard{a.cfg.Auth, a.cfg.Failures, a.cfg.Trusted, a.cfg.Log, map[string]auth.Scope{}, a}
}

// known has next only get requests of callers who are known, but for what is
// open to everybody.
func (g *guard) known(next http.Handler) http.Handler {
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

// tooMany returns an errs.TooManyRequests error for a token that is not
// familiar from an address that has sent too many invalid ones. Nothing is
// looked up for it. Callers with familiar tokens share the address unharmed.
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

// address is the client's, as failures are counted.
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
	return "", errs.New(errs.Unauthorized, "Send a token in one header: Authorization: Bearer and the token. `fualab-api token create` makes one.")
}

// may reports whether the caller has what is needed. It is for behind known.
func (g *guard) may(ctx context.Context, needed auth.Scope) bool {
	if g == nil {
		return true
	}
	p, known := auth.From(ctx)
	return known && p.Scopes.Has(needed)
}

// Still reports whether the caller that was let in with r would be let in now,
// by a token with the scope needed.
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

// scoped refuses a caller without the scope of the operation, before the
// request is counted, read or answered from memory.
func (g *guard) scoped(router *mux.Router, next http.Handler) http.Handler {
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
		g.refuse(w, r, errs.Newf(errs.Forbidden, "The token lacks a scope: this needs %s. GET /api/me tells what it has.", needed),
			`Bearer realm="FUALab", error="insufficient_scope", scope="`+needed.String()+`"`)
	})
}

// needed returns the pattern and the scope of the operation that r asks for,
// and whether there is one that needs a scope.
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

// refuse answers with a problem, and a challenge (RFC 6750, section 3) unless
// it is not the caller's fault.
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
