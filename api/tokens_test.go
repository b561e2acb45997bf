package api_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// TestRevokedOnTheOtherInstance: a second after one instance has answered that a
// token is revoked, no other lets it in, though it has just done so.
func TestRevokedOnTheOtherInstance(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		one, other := apitest.NewGuarded(t, db), apitest.NewGuarded(t, db)
		admin, _ := one.Token("admin", nil)
		token, _ := one.Token("read", nil)
		header := "Authorization: Bearer " + token
		if got := other.Do("GET", "/api/runs", "", header); got.Status != 200 {
			t.Fatalf("before: %d %s", got.Status, got.Body)
		}
		if got := one.Do("DELETE", "/api/tokens/2", "", "Authorization: Bearer "+admin); got.Status != 204 {
			t.Fatalf("revoke: %d %s", got.Status, got.Body)
		}
		for revoked := time.Now(); ; {
			sent := time.Since(revoked)
			got := other.Do("GET", "/api/runs", "", header)
			if got.Status == 401 {
				break
			}
			if got.Status != 200 || sent > time.Second {
				t.Fatalf("%s after it was revoked: %d %s", sent, got.Status, got.Body)
			}
		}
	})
}

// away is a table of tokens that cannot be reached while down is set.
type away struct {
	down atomic.Bool
	rows map[auth.Hash]*model.Token
}

func (a *away) TokenByHash(_ context.Context, hash []byte) (*model.Token, error) {
	if a.down.Load() {
		return nil, database.Error(syscall.ECONNREFUSED, "select a token")
	}
	return a.rows[auth.Hash(hash)], nil
}

func (*away) TouchTokens(context.Context, ...int64) error { return nil }

// TestTokensCannotBeLookedUp: while the database is away no client is told that
// its token is wrong, and none is let in.
func TestTokensCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	token := auth.NewToken()
	hash := auth.HashOf(token)
	tokens := &away{rows: map[auth.Hash]*model.Token{hash: {ID: 1, Name: "test", Hash: hash[:], Scopes: "read"}}}
	tokens.down.Store(true)
	log := slog.New(slog.DiscardHandler)
	authenticator := auth.Start(t.Context(), auth.Config{Tokens: tokens, Now: time.Now, Log: log})
	t.Cleanup(authenticator.Close)
	server := httptest.NewServer(apitest.NewAPI(apitest.Deps{Auth: authenticator, Now: time.Now, Log: log}))
	t.Cleanup(server.Close)
	c := apitest.NewClient(t, server.URL)
	for name, tt := range map[string]struct {
		token  string
		status int
	}{
		"a good one":     {token, 503},
		"nobody's":       {auth.NewToken(), 503},
		"a mistyped one": {token[:40], 401}, // which no database has to say
	} {
		got := c.Do("GET", "/api/me", "", "Authorization: Bearer "+tt.token)
		challenged := got.Header.Get("WWW-Authenticate") != ""
		if got.Status != tt.status || challenged != (tt.status == 401) || got.Header.Get("Content-Type") != "application/problem+json" || strings.Contains(got.Body, "refused") {
			t.Errorf("%s: %d %v %s, want %d", name, got.Status, got.Header, got.Body, tt.status)
		}
	}
	tokens.down.Store(false)
	if got := c.Do("GET", "/api/me", "", "Authorization: Bearer "+token); got.Status != 200 {
		t.Errorf("when it is back: %d %s", got.Status, got.Body)
	}
}
