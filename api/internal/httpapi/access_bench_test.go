package httpapi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/httpapi"
	"github.com/fualab/fualab/api/internal/store"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// BenchmarkHeldItem gets an item that the cache holds, without a connection:
// with authentication, what a known token costs is besides.
func BenchmarkHeldItem(b *testing.B) {
	st := store.New(testdb.New(b, "sqlite"), nil, time.Now)
	log := slog.New(slog.DiscardHandler)
	if _, err := st.CreateItems(b.Context(), model.ItemFields{Name: "Sample"}); err != nil {
		b.Fatal(err)
	}
	token := auth.NewToken()
	hash := auth.HashOf(token)
	if err := st.CreateToken(b.Context(), &model.Token{Name: "bench", Hash: hash[:], Scopes: "read"}); err != nil {
		b.Fatal(err)
	}
	authenticator := auth.Start(b.Context(), auth.Config{Tokens: st, Now: time.Now, Log: log})
	b.Cleanup(authenticator.Close)
	for name, a := range map[string]*auth.Authenticator{"auth off": nil, "auth on": authenticator} {
		handler := httpapi.New(httpapi.Deps{Auth: a, Store: st, Cache: cache.New(1 << 20), Now: time.Now, Log: log})
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
