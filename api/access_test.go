package api_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/auth/oidc"
	"github.com/fualab/fualab/api/internal/auth/oidc/oidctest"
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/api/internal/items"
	"github.com/fualab/fualab/api/internal/limit"
	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
)

// The needs of routes.
const (
	open   = "nothing"
	known  = "any token"
	reads  = "read"
	writes = "write"
	admins = "admin"
)

// matrix has every route, and the need that its callers must meet.
var matrix = map[string]string{
	"GET /health": open, "GET /api/health": open, "GET /ready": open, "GET /api/ready": open,
	"GET /openapi.json": open, "GET /docs": open, "GET /docs/": open, "GET /docs/start.js": open,

	"GET /api/me": known,

	"GET /api/items": reads, "GET /api/items/export": reads, "GET /api/items/{id}": reads,
	"POST /api/items": writes, "POST /api/items/batch": writes, "PATCH /api/items/{id}": writes,
	"DELETE /api/items/{id}": writes, "POST /api/items/{id}/restore": writes,

	"GET /api/imports": reads, "GET /api/imports/{id}": reads, "GET /api/imports/{id}/errors": reads,
	"POST /api/imports": writes, "PATCH /api/imports/{id}": writes, "POST /api/imports/{id}/cancel": writes,

	"GET /api/schedules": reads, "GET /api/schedules/{name}": reads,
	"PATCH /api/schedules/{name}": admins, "POST /api/schedules/{name}/runs": admins,

	"GET /api/runs": reads, "GET /api/runs/{id}": reads,
	"POST /api/runs/{id}/retry": admins, "POST /api/runs/{id}/cancel": admins,

	"GET /api/workers": reads, "GET /api/stats/items": reads, "GET /api/events": reads,

	"GET /api/tokens": admins, "DELETE /api/tokens/{id}": admins,
}

// TestEveryRouteIsInTheMatrix: a new route needs a decision about its callers.
func TestEveryRouteIsInTheMatrix(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	all := api.NewAPI(rest.Config{Log: log}, console.Config{Log: log}, items.Config{Log: log})
	all.Handler() // with the documentation
	routes, err := all.Routes()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]string, 0, len(matrix))
	for route := range matrix {
		rows = append(rows, route)
	}
	slices.Sort(rows)
	slices.Sort(routes)
	if diff := cmp.Diff(rows, slices.Compact(routes)); diff != "" {
		t.Errorf("routes (-matrix +router):\n%s", diff)
	}
}

// guarded is an API that asks for tokens, with a cache and an issuer.
type guarded struct {
	*client
	tokens *console.TokenStore
	issuer *oidctest.Issuer
}

func newGuarded(t *testing.T, db *database.DB) *guarded {
	t.Helper()
	g := &guarded{tokens: console.NewTokenStore(db, time.Now), issuer: oidctest.New(t)}
	log := slog.New(slog.DiscardHandler)
	authenticator := auth.Start(t.Context(), auth.Config{
		Tokens:   g.tokens,
		Provider: oidc.New(oidc.Config{Issuer: g.issuer.URL, Audience: oidctest.Audience, ScopeClaim: "scope", Now: time.Now}),
		Now:      time.Now, Log: log,
	})
	t.Cleanup(authenticator.Close)
	server := httptest.NewServer(newAPI(deps{
		Auth: authenticator, DB: db, Queue: inserter(t, db), Cache: cache.New(1<<20, "items"), HeartbeatTTL: 45 * time.Second,
		Draining: func() bool { return false }, Now: time.Now, Log: log,
	}))
	t.Cleanup(server.Close)
	g.client = newClient(t, server.URL)
	return g
}

// token makes one, and changes it first.
func (g *guarded) token(scopes string, change func(*model.Token)) (string, int64) {
	g.t.Helper()
	token := auth.NewToken()
	hash := auth.HashOf(token)
	row := &model.Token{Name: "test", Hash: hash[:], Scopes: scopes}
	if change != nil {
		change(row)
	}
	if err := g.tokens.CreateToken(g.t.Context(), row); err != nil {
		g.t.Fatal(err)
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
func (g *guarded) callers() []caller {
	var callers []caller
	add := func(name, token string, may ...string) {
		callers = append(callers, caller{name, "Authorization: Bearer " + token, may})
	}
	with := func(scopes string, change func(*model.Token)) string {
		token, _ := g.token(scopes, change)
		return token
	}
	past := model.NewTime(time.Now().Add(-time.Second))
	other := oidctest.New(g.t)
	c := g.issuer.Claims()
	add("read", with("read", nil), known, reads)
	add("write", with("write", nil), known, writes)
	add("admin", with("admin", nil), known, admins)
	add("all", with("read write admin", nil), known, reads, writes, admins)
	add("no scope", with("", nil), known)
	add("expired", with("read write admin", func(t *model.Token) { t.ExpiresAt = &past }))
	add("revoked", with("read write admin", func(t *model.Token) { t.RevokedAt = &past }))
	add("nobody's", auth.NewToken())
	add("JWT with read and write", g.issuer.Token(g.t, c), known, reads, writes)
	add("JWT with admin", g.issuer.Token(g.t, c.With("scope", []string{"admin"})), known, admins)
	add("JWT expired", g.issuer.Token(g.t, c.With("exp", time.Now().Add(-time.Minute).Unix())))
	add("JWT for another audience", g.issuer.Token(g.t, c.With("aud", "https://other.example.com")))
	add("JWT of another issuer", other.Token(g.t, other.Claims()))
	add("JWT of another issuer that names ours", other.Token(g.t, c))
	return append(callers, caller{"no token", "X-Nothing: ", nil}, caller{"a password", "Authorization: Basic dXNlcjpwYXNz", nil})
}

// TestMatrix asks every route as every caller.
func TestMatrix(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		g := newGuarded(t, db)
		callers := g.callers()
		for route, needed := range matrix {
			method, path, _ := strings.Cut(route, " ")
			path = strings.NewReplacer("{id}", "999", "{name}", "none").Replace(path)
			for _, c := range callers {
				got := g.do(method, path, "", c.header)
				name := route + " as " + c.name
				switch {
				case needed == open || slices.Contains(c.may, needed):
					letIn(t, name, got)
				case len(c.may) > 0:
					refused(t, name, got, 403, `error="insufficient_scope", scope="`+needed+`"`)
				case strings.Contains(c.name, "token") || strings.Contains(c.name, "password"):
					refused(t, name, got, 401, `Bearer realm="FUALab"`)
				default:
					refused(t, name, got, 401, `error="invalid_token"`)
				}
			}
		}
	})
}

// letIn accepts any answer that is not the guard's: 404 of a missing row, 422
// of an invalid body, and 503 of events, which this API does not have.
func letIn(t *testing.T, name string, got answer) {
	t.Helper()
	events := got.Status == 503 && strings.Contains(got.Body, "live events")
	if got.Status == 401 || got.Status == 403 || got.Status >= 500 && !events || got.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("%s: %d %s", name, got.Status, got.Body)
	}
}

func refused(t *testing.T, name string, got answer, status int, challenge string) {
	t.Helper()
	if got.Status != status || got.Header.Get("Content-Type") != "application/problem+json" ||
		!strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Bearer ") || !strings.Contains(got.Header.Get("WWW-Authenticate"), challenge) {
		t.Errorf("%s: %d %v %s, want %d with %s", name, got.Status, got.Header, got.Body, status, challenge)
	}
}

// TestUnknownPathsAreGuarded: an unknown caller does not learn which paths exist.
func TestUnknownPathsAreGuarded(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, testdb.New(t, "sqlite"))
	token, _ := g.token("read", nil)
	for path, want := range map[string]int{"/api/nothing": 404, "/": 404, "//health": 404, "/api/items/1/": 404, "/docs/../api/items": 404} {
		if got := g.do("GET", path, "", "Authorization: Bearer "+token); got.Status != want {
			t.Errorf("%s with a token: %d, want %d", path, got.Status, want)
		}
		if got := g.do("GET", path, ""); got.Status != 401 && !strings.HasPrefix(path, "/docs/") {
			t.Errorf("%s without one: %d", path, got.Status)
		}
	}
	if got := g.do("DELETE", "/api/items", ""); got.Status != 401 {
		t.Errorf("a method that is not there, without a token: %d", got.Status)
	}
}

// TestCacheAsksWhoMayRead: a cached answer is only for callers that may read it.
func TestCacheAsksWhoMayRead(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, testdb.New(t, "sqlite"))
	writer, _ := g.token("write", nil)
	reader, _ := g.token("read", nil)
	made := g.do("POST", "/api/items", `{"name":"Sample"}`, "Authorization: Bearer "+writer)
	if made.Status != 201 {
		t.Fatalf("create: %d %s", made.Status, made.Body)
	}
	for range 2 {
		if got := g.do("GET", "/api/items/1", "", "Authorization: Bearer "+reader); got.Status != 200 {
			t.Fatalf("read: %d %s", got.Status, got.Body)
		}
		refused(t, "who may write alone", g.do("GET", "/api/items/1", "", "Authorization: Bearer "+writer), 403, `scope="read"`)
		refused(t, "nobody", g.do("GET", "/api/items/1", ""), 401, "Bearer")
	}
}

func TestMe(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, "sqlite")
	g := newGuarded(t, db)
	expires := model.NewTime(time.Date(2099, 1, 2, 3, 4, 5, 0, time.UTC))
	token, _ := g.token("read admin", func(t *model.Token) { t.ExpiresAt = &expires })
	for name, tt := range map[string]struct {
		client *client
		token  string
		want   string
	}{
		"a token":             {g.client, token, `{"authentication":"on","id":"token:1","name":"test","scopes":["read","admin"],"expires_at":"2099-01-02T03:04:05.000000Z"}`},
		"a JWT":               {g.client, g.issuer.Token(t, g.issuer.Claims().With("name", "Sample")), `{"authentication":"on","id":"oidc:` + g.issuer.URL + `|u-1","name":"Sample","scopes":["read","write"],"expires_at":"`},
		"authentication off":  {newHarness(t, db).client, "x", `{"authentication":"off","id":"anybody","name":"anybody","scopes":["read","write","admin"],"expires_at":null}`},
		"lower case, 2 blank": {g.client, " " + token, `"id":"token:1"`},
	} {
		if got := tt.client.do("GET", "/api/me", "", "Authorization: bearer "+tt.token); got.Status != 200 || !strings.Contains(got.Body, tt.want) {
			t.Errorf("%s: %d %s, want %s", name, got.Status, got.Body, tt.want)
		}
	}
}

// TestTokensOverHTTP lists and revokes them, the caller's own included, which
// ends within a second.
func TestTokensOverHTTP(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		g := newGuarded(t, db)
		admin, id := g.token("read admin", nil)
		header := "Authorization: Bearer " + admin
		list := g.do("GET", "/api/tokens", "", header)
		if want := `"name":"test","scopes":["read","admin"],"created_at":"`; list.Status != 200 || !strings.Contains(list.Body, want) || strings.Contains(list.Body, admin) || strings.Contains(list.Body, "hash") {
			t.Errorf("list: %d %s", list.Status, list.Body)
		}
		if got := g.do("DELETE", "/api/tokens/999", "", header); got.Status != 404 || !strings.Contains(got.Body, "GET /api/tokens") {
			t.Errorf("revoke what is not there: %d %s", got.Status, got.Body)
		}
		if got := g.do("DELETE", "/api/tokens/1", "", header); id != 1 || got.Status != 204 {
			t.Fatalf("revoke: %d %s", got.Status, got.Body)
		}
		revoked := time.Now()
		for g.do("GET", "/api/items", "", header).Status != 401 {
			if time.Since(revoked) > 10*time.Second {
				t.Fatal("a revoked token is good for 10 seconds")
			}
		}
	})
}

// TestNoDocs: neither the page nor the document is served, to any caller.
func TestNoDocs(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newAPI(deps{NoDocs: true, Log: slog.New(slog.DiscardHandler)}))
	t.Cleanup(server.Close)
	for _, path := range []string{"/docs", "/docs/", "/docs/start.js", "/docs/swagger-ui.css", "/openapi.json"} {
		if got := newClient(t, server.URL).do("GET", path, ""); got.Status != 404 {
			t.Errorf("%s: %d", path, got.Status)
		}
	}
}

// TestStreamEndsWithItsToken: a caller that may not read any more gets no more
// events, and its connection ends.
func TestStreamEndsWithItsToken(t *testing.T) {
	t.Parallel()
	_, url := testredis.Embedded(t)
	log := slog.New(slog.DiscardHandler)
	client, err := redis.Open(url, "test", log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	hub := live.Start(t.Context(), client, log)
	t.Cleanup(hub.Close)
	db := testdb.New(t, "sqlite")
	g := &guarded{client: newClient(t, ""), tokens: console.NewTokenStore(db, time.Now)}
	authenticator := auth.Start(t.Context(), auth.Config{Tokens: g.tokens, Now: time.Now, Log: log})
	t.Cleanup(authenticator.Close)
	server := httptest.NewServer(newAPI(deps{
		Auth: authenticator, DB: db, Live: hub, Ping: 20 * time.Millisecond,
		Draining: func() bool { return false }, Now: time.Now, Log: log,
	}))
	t.Cleanup(server.Close)
	token, id := g.token("read", nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stream := watch(ctx, t, server.URL, "Authorization: Bearer "+token)
	if got := stream.block() + stream.block(); !strings.Contains(got, "event: hello") {
		t.Fatalf("the stream begins with %q", got)
	}
	if _, err := g.tokens.RevokeToken(ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, stream.lines); err != nil {
		t.Errorf("the stream of a revoked token: %v, want an orderly end", err)
	}
}

// TestTooManyBadTokens: an address that keeps sending invalid tokens has to
// wait. A token that was good before is accepted from there all the same.
func TestTooManyBadTokens(t *testing.T) {
	t.Parallel()
	db := testdb.Open(t, testdb.NewURL(t, "sqlite"))
	st := console.NewTokenStore(db, time.Now)
	log := slog.New(slog.DiscardHandler)
	authenticator := auth.Start(t.Context(), auth.Config{Tokens: st, Now: time.Now, Log: log})
	t.Cleanup(authenticator.Close)
	noon := time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)
	failures := limit.NewFailures(t.Context(), nil, log, func() time.Time { return noon })
	t.Cleanup(failures.Close)
	good := auth.NewToken()
	hash := auth.HashOf(good)
	if err := st.CreateToken(t.Context(), &model.Token{Name: "test", Hash: hash[:], Scopes: "read"}); err != nil {
		t.Fatal(err)
	}
	handler := newAPI(deps{Auth: authenticator, Failures: failures, DB: db, Now: time.Now, Log: log})
	ask := func(addr, token string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/me", http.NoBody)
		r.RemoteAddr = addr
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	unfamiliar := auth.NewToken()
	hash = auth.HashOf(unfamiliar)
	if err := st.CreateToken(t.Context(), &model.Token{Name: "other", Hash: hash[:], Scopes: "read"}); err != nil {
		t.Fatal(err)
	}
	if w := ask("192.0.2.1:2000", good); w.Code != http.StatusOK {
		t.Fatalf("before the others: %d %s", w.Code, w.Body)
	}
	for n := range 20 {
		w, want := ask("192.0.2.1:1000", auth.NewToken()), http.StatusUnauthorized
		if n >= 10 {
			want = http.StatusTooManyRequests
		}
		if w.Code != want || (w.Header().Get("Retry-After") != "") != (n >= 10) {
			t.Errorf("bad token %d: %d %v", n, w.Code, w.Header())
		}
	}
	for name, w := range map[string]*httptest.ResponseRecorder{
		"a familiar token from there": ask("192.0.2.1:2000", good),
		"from elsewhere":              ask("192.0.2.2:1000", unfamiliar),
	} {
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := ask("192.0.2.1:1000", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("without a token: %d", w.Code)
	}
}
