package items_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/api/internal/access"
	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/api/internal/items"
	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// BenchmarkHeldItem gets an item that the cache holds, without a connection:
// with authentication, it includes the cost of a known token.
func BenchmarkHeldItem(b *testing.B) {
	db := testdb.New(b, "sqlite")
	tokens := console.NewTokenStore(db, time.Now)
	log := slog.New(slog.DiscardHandler)
	if err := items.Resource().Store(resource.Deps{DB: db, Now: time.Now}).Create(b.Context(), access.Caller{}, &items.Item{Name: "Sample"}); err != nil {
		b.Fatal(err)
	}
	token := auth.NewToken()
	hash := auth.HashOf(token)
	if err := tokens.CreateToken(b.Context(), &model.Token{Name: "bench", Hash: hash[:], Scopes: "read"}); err != nil {
		b.Fatal(err)
	}
	authenticator := auth.Start(b.Context(), auth.Config{Tokens: tokens, Now: time.Now, Log: log})
	b.Cleanup(authenticator.Close)
	for name, a := range map[string]*auth.Authenticator{"auth off": nil, "auth on": authenticator} {
		handler := apitest.NewAPI(apitest.Deps{Auth: a, DB: db, Cache: api.NewCache(1 << 20), Now: time.Now, Log: log})
		b.Run(name, func(b *testing.B) {
			req := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/api/items/1", http.NoBody)
			req.Header.Set("Authorization", "Bearer "+token)
			b.ReportAllocs()
			for b.Loop() {
				rec := httptest.NewRecorder()
				if handler.ServeHTTP(rec, req); rec.Code != http.StatusOK {
					b.Fatal(rec.Code, rec.Body)
				}
			}
		})
	}
}
