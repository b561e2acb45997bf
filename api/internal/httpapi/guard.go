package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"

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
}

func newGuard(d Deps) *guard {
	if d.Auth == nil {
		return nil
	}
	return &guard{d.Auth, d.Failures, d.Trusted, d.Log}
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
		p, err := g.auth.Verify(r.Context(), token)
		if errs.Is(err, errs.Unauthorized) {
			err = g.failed(w, r, err)
		}
		if err != nil {
			g.refuse(w, r, err, `Bearer realm="FUALab", error="invalid_token"`)
			return
		}
		log.RequestOf(r.Context()).Caller = p.ID
		next.ServeHTTP(w, r.WithContext(auth.With(r.Context(), p)))
	})
}

// failed notes that a token was no good. It returns err, or an
// errs.TooManyRequests error when the client has sent too many of those: who
// shares its address and sends a good one is let in all the same.
func (g *guard) failed(w http.ResponseWriter, r *http.Request, err error) error {
	if g.failures == nil {
		return err
	}
	addr := limit.Key(limit.Client(r.RemoteAddr, r.Header.Values("X-Forwarded-For"), g.trusted))
	verdict := g.failures.Allow(r.Context(), addr)
	if verdict.Allowed {
		g.failures.Record(r.Context(), addr)
		return err
	}
	w.Header().Set("Retry-After", strconv.Itoa(ceilSeconds(verdict.RetryAfter)))
	return errs.Wrap(errs.TooManyRequests, "Too many tokens from this address were not good. Wait for as many seconds as Retry-After says, and send one that is.", err)
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

// still reports whether who was let in with r would be let in now.
func (g *guard) still(r *http.Request, needed auth.Scope) bool {
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

// requirement is what an operation needs.
type requirement struct {
	*guard
	scope auth.Scope
}

// check keeps from the operation who does not have what it needs, before
// anything of the request is read.
func (q requirement) check(ctx huma.Context, next func(huma.Context)) {
	if q.may(ctx.Context(), q.scope) {
		next(ctx)
		return
	}
	r, w := humamux.Unwrap(ctx)
	q.refuse(w, r, errs.Newf(errs.Forbidden, "The token lacks a scope: this needs %s. GET /api/me tells what it has.", q.scope),
		`Bearer realm="FUALab", error="insufficient_scope", scope="`+q.scope.String()+`"`)
}

// refuse answers with a problem, and a challenge (RFC 6750, section 3) unless
// it is not the caller's fault.
func (g *guard) refuse(w http.ResponseWriter, r *http.Request, err error, challenge string) {
	switch errs.KindOf(err) {
	case errs.Unauthorized, errs.Forbidden:
		w.Header().Set("WWW-Authenticate", challenge)
	}
	writeError(w, r, g.log, err)
}
