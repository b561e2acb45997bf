package apitest

import (
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/auth/oidc"
	"github.com/fualab/fualab/api/internal/auth/oidc/oidctest"
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// The needs of routes.
const (
	Open   = "nothing"
	Known  = "any token"
	Reads  = "read"
	Writes = "write"
	Admins = "admin"
)

// Guarded is an API that asks for tokens, with a cache and an issuer.
type Guarded struct {
	*Client
	Tokens *console.TokenStore
	Issuer *oidctest.Issuer
}

// NewGuarded returns an API on db that asks for tokens.
func NewGuarded(t *testing.T, db *database.DB) *Guarded {
	t.Helper()
	g := &Guarded{Tokens: console.NewTokenStore(db, time.Now), Issuer: oidctest.New(t)}
	log := slog.New(slog.DiscardHandler)
	authenticator := auth.Start(t.Context(), auth.Config{
		Tokens:   g.Tokens,
		Provider: oidc.New(oidc.Config{Issuer: g.Issuer.URL, Audience: oidctest.Audience, ScopeClaim: "scope", Now: time.Now}),
		Now:      time.Now, Log: log,
	})
	t.Cleanup(authenticator.Close)
	server := httptest.NewServer(NewAPI(Deps{
		Auth: authenticator, DB: db, Queue: Inserter(t, db), Cache: api.NewCache(1 << 20), HeartbeatTTL: 45 * time.Second,
		Draining: func() bool { return false }, Now: time.Now, Log: log,
	}))
	t.Cleanup(server.Close)
	g.Client = NewClient(t, server.URL)
	return g
}

// Token makes one, and changes it first.
func (g *Guarded) Token(scopes string, change func(*model.Token)) (string, int64) {
	g.T.Helper()
	token := auth.NewToken()
	hash := auth.HashOf(token)
	row := &model.Token{Name: "test", Hash: hash[:], Scopes: scopes}
	if change != nil {
		change(row)
	}
	if err := g.Tokens.CreateToken(g.T.Context(), row); err != nil {
		g.T.Fatal(err)
	}
	return token, row.ID
}

// caller is a client with a header, and the needs that it meets.
type caller struct {
	name   string
	header string
	may    []string // needs that are met, but for open
}

// callers are all kinds of them.
func (g *Guarded) callers() []caller {
	var callers []caller
	add := func(name, token string, may ...string) {
		callers = append(callers, caller{name, "Authorization: Bearer " + token, may})
	}
	with := func(scopes string, change func(*model.Token)) string {
		token, _ := g.Token(scopes, change)
		return token
	}
	past := model.NewTime(time.Now().Add(-time.Second))
	other := oidctest.New(g.T)
	c := g.Issuer.Claims()
	add("read", with("read", nil), Known, Reads)
	add("write", with("write", nil), Known, Writes)
	add("admin", with("admin", nil), Known, Admins)
	add("all", with("read write admin", nil), Known, Reads, Writes, Admins)
	add("no scope", with("", nil), Known)
	add("expired", with("read write admin", func(t *model.Token) { t.ExpiresAt = &past }))
	add("revoked", with("read write admin", func(t *model.Token) { t.RevokedAt = &past }))
	add("nobody's", auth.NewToken())
	add("JWT with read and write", g.Issuer.Token(g.T, c), Known, Reads, Writes)
	add("JWT with admin", g.Issuer.Token(g.T, c.With("scope", []string{"admin"})), Known, Admins)
	add("JWT expired", g.Issuer.Token(g.T, c.With("exp", time.Now().Add(-time.Minute).Unix())))
	add("JWT for another audience", g.Issuer.Token(g.T, c.With("aud", "https://other.example.com")))
	add("JWT of another issuer", other.Token(g.T, other.Claims()))
	add("JWT of another issuer that names ours", other.Token(g.T, c))
	return append(callers, caller{"no token", "X-Nothing: ", nil}, caller{"a password", "Authorization: Basic dXNlcjpwYXNz", nil})
}

// CheckMatrix asks every route of a matrix as every caller. A row names a method with a path, and the scope that it needs.
func CheckMatrix(t *testing.T, matrix map[string]string) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		g := NewGuarded(t, db)
		callers := g.callers()
		for route, needed := range matrix {
			method, path, _ := strings.Cut(route, " ")
			path = strings.NewReplacer("{id}", "999", "{name}", "none").Replace(path)
			for _, c := range callers {
				got := g.Do(method, path, "", c.header)
				name := route + " as " + c.name
				switch {
				case needed == Open || slices.Contains(c.may, needed):
					letIn(t, name, got)
				case len(c.may) > 0:
					Refused(t, name, got, 403, `error="insufficient_scope", scope="`+needed+`"`)
				case strings.Contains(c.name, "token") || strings.Contains(c.name, "password"):
					Refused(t, name, got, 401, `Bearer realm="FUALab"`)
				default:
					Refused(t, name, got, 401, `error="invalid_token"`)
				}
			}
		}
	})
}

// letIn accepts any answer that is not the guard's: 404 of a missing row, 422
// of an invalid body, and 503 of events, which this API does not have.
func letIn(t *testing.T, name string, got Answer) {
	t.Helper()
	events := got.Status == 503 && strings.Contains(got.Body, "live events")
	if got.Status == 401 || got.Status == 403 || got.Status >= 500 && !events || got.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("%s: %d %s", name, got.Status, got.Body)
	}
}

// Refused wants an answer of the guard, with its challenge.
func Refused(t *testing.T, name string, got Answer, status int, challenge string) {
	t.Helper()
	if got.Status != status || got.Header.Get("Content-Type") != "application/problem+json" ||
		!strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Bearer ") || !strings.Contains(got.Header.Get("WWW-Authenticate"), challenge) {
		t.Errorf("%s: %d %v %s, want %d with %s", name, got.Status, got.Header, got.Body, status, challenge)
	}
}
