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
	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/api/internal/limit"
	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
)

// matrix has every route, and the need that its callers must meet.
var matrix = map[string]string{
	"GET /health": apitest.Open, "GET /api/health": apitest.Open, "GET /ready": apitest.Open, "GET /api/ready": apitest.Open,
	"GET /openapi.json": apitest.Open, "GET /docs": apitest.Open, "GET /docs/": apitest.Open, "GET /docs/start.js": apitest.Open,

	"GET /api/me": apitest.Known,

	"GET /api/schedules": apitest.Reads, "GET /api/schedules/{name}": apitest.Reads,
	"PATCH /api/schedules/{name}": apitest.Admins, "POST /api/schedules/{name}/runs": apitest.Admins,

	"GET /api/runs": apitest.Reads, "GET /api/runs/{id}": apitest.Reads,
	"POST /api/runs/{id}/retry": apitest.Admins, "POST /api/runs/{id}/cancel": apitest.Admins,

	"GET /api/workers": apitest.Reads, "GET /api/events": apitest.Reads,

	"GET /api/tokens": apitest.Admins, "DELETE /api/tokens/{id}": apitest.Admins,
}

// TestEveryRouteIsInTheMatrix: a new route needs a decision about its callers.
func TestEveryRouteIsInTheMatrix(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	all := api.NewPlatform(api.Parts{REST: rest.Config{Log: log}, Console: console.Config{Log: log}})
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

func TestMatrix(t *testing.T) {
	t.Parallel()
	apitest.CheckMatrix(t, matrix)
}

func TestRefusalsCostLittle(t *testing.T) {
	t.Parallel()
	apitest.CheckRefusals(t, matrix)
}

// TestUnknownPathsAreGuarded: an unknown caller does not learn which paths exist.
func TestUnknownPathsAreGuarded(t *testing.T) {
	t.Parallel()
	g := apitest.NewGuarded(t, testdb.New(t, "sqlite"))
	token, _ := g.Token("read", nil)
	for path, want := range map[string]int{"/api/nothing": 404, "/": 404, "//health": 404, "/api/runs/1/": 404, "/docs/../api/runs": 404} {
		if got := g.Do("GET", path, "", "Authorization: Bearer "+token); got.Status != want {
			t.Errorf("%s with a token: %d, want %d", path, got.Status, want)
		}
		if got := g.Do("GET", path, ""); got.Status != 401 && !strings.HasPrefix(path, "/docs/") {
			t.Errorf("%s without one: %d", path, got.Status)
		}
	}
	if got := g.Do("DELETE", "/api/runs", ""); got.Status != 401 {
		t.Errorf("a method that is not there, without a token: %d", got.Status)
	}
}

func TestMe(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, "sqlite")
	g := apitest.NewGuarded(t, db)
	expires := model.NewTime(time.Date(2099, 1, 2, 3, 4, 5, 0, time.UTC))
	token, _ := g.Token("read admin", func(t *model.Token) { t.ExpiresAt = &expires })
	for name, tt := range map[string]struct {
		client *apitest.Client
		token  string
		want   string
	}{
		"a token":             {g.Client, token, `{"authentication":"on","id":"token:1","name":"test","scopes":["read","admin"],"expires_at":"2099-01-02T03:04:05.000000Z"}`},
		"a JWT":               {g.Client, g.Issuer.Token(t, g.Issuer.Claims().With("name", "Sample")), `{"authentication":"on","id":"oidc:` + g.Issuer.URL + `|u-1","name":"Sample","scopes":["read","write"],"expires_at":"`},
		"authentication off":  {apitest.NewHarness(t, db).Client, "x", `{"authentication":"off","id":"anybody","name":"anybody","scopes":["read","write","admin"],"expires_at":null}`},
		"lower case, 2 blank": {g.Client, " " + token, `"id":"token:1"`},
	} {
		if got := tt.client.Do("GET", "/api/me", "", "Authorization: bearer "+tt.token); got.Status != 200 || !strings.Contains(got.Body, tt.want) {
			t.Errorf("%s: %d %s, want %s", name, got.Status, got.Body, tt.want)
		}
	}
}

// TestTokensOverHTTP lists and revokes them, the caller's own included, which
// ends within a second.
func TestTokensOverHTTP(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		g := apitest.NewGuarded(t, db)
		admin, id := g.Token("read admin", nil)
		header := "Authorization: Bearer " + admin
		list := g.Do("GET", "/api/tokens", "", header)
		if want := `"name":"test","scopes":["read","admin"],"created_at":"`; list.Status != 200 || !strings.Contains(list.Body, want) || strings.Contains(list.Body, admin) || strings.Contains(list.Body, "hash") {
			t.Errorf("list: %d %s", list.Status, list.Body)
		}
		if got := g.Do("DELETE", "/api/tokens/999", "", header); got.Status != 404 || !strings.Contains(got.Body, "GET /api/tokens") {
			t.Errorf("revoke what is not there: %d %s", got.Status, got.Body)
		}
		if got := g.Do("DELETE", "/api/tokens/1", "", header); id != 1 || got.Status != 204 {
			t.Fatalf("revoke: %d %s", got.Status, got.Body)
		}
		revoked := time.Now()
		for g.Do("GET", "/api/runs", "", header).Status != 401 {
			if time.Since(revoked) > 10*time.Second {
				t.Fatal("a revoked token is good for 10 seconds")
			}
		}
	})
}

// TestNoDocs: neither the page nor the document is served, to any caller.
func TestNoDocs(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(apitest.NewAPI(apitest.Deps{NoDocs: true, Log: slog.New(slog.DiscardHandler)}))
	t.Cleanup(server.Close)
	for _, path := range []string{"/docs", "/docs/", "/docs/start.js", "/docs/swagger-ui.css", "/openapi.json"} {
		if got := apitest.NewClient(t, server.URL).Do("GET", path, ""); got.Status != 404 {
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
	g := &apitest.Guarded{Client: apitest.NewClient(t, ""), Tokens: console.NewTokenStore(db, time.Now)}
	authenticator := auth.Start(t.Context(), auth.Config{Tokens: g.Tokens, Now: time.Now, Log: log})
	t.Cleanup(authenticator.Close)
	server := httptest.NewServer(apitest.NewAPI(apitest.Deps{
		Auth: authenticator, DB: db, Live: hub, Ping: 20 * time.Millisecond,
		Draining: func() bool { return false }, Now: time.Now, Log: log,
	}))
	t.Cleanup(server.Close)
	token, id := g.Token("read", nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stream := watch(ctx, t, server.URL, "Authorization: Bearer "+token)
	if got := stream.block() + stream.block(); !strings.Contains(got, "event: hello") {
		t.Fatalf("the stream begins with %q", got)
	}
	if _, err := g.Tokens.RevokeToken(ctx, id); err != nil {
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
	handler := apitest.NewAPI(apitest.Deps{Auth: authenticator, Failures: failures, DB: db, Now: time.Now, Log: log})
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
