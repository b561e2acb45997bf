package console_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// TestTokens follows two tokens from their creation to their end.
func TestTokens(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		now := time.Date(2026, 1, 2, 3, 4, 5, 6789, time.UTC)
		s := console.NewTokenStore(db, func() time.Time { return now })
		expires := model.NewTime(now.Add(time.Hour))
		first := &model.Token{Name: "ci", Hash: hash(1), Scopes: "read write", ExpiresAt: &expires}
		second := &model.Token{Name: "ci", Hash: hash(2), Scopes: "admin"}
		for _, token := range []*model.Token{first, second} {
			if err := s.CreateToken(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.CreateToken(t.Context(), &model.Token{Name: "twin", Hash: hash(2), Scopes: "read"}); !errs.Is(err, errs.Conflict) {
			t.Errorf("the same hash twice: %v", err)
		}
		wants(t, s, second, first)
		if got, err := s.TokenByHash(t.Context(), hash(1)); err != nil || cmp.Diff(first, got, times) != "" {
			t.Errorf("by its hash: %v, %v", got, err)
		}
		if _, err := s.TokenByHash(t.Context(), hash(3)); !errs.Is(err, errs.NotFound) {
			t.Errorf("by an unknown hash: %v", err)
		}

		created := model.NewTime(now)
		now = now.Add(time.Minute)
		used := model.NewTime(now)
		if err := s.TouchTokens(t.Context(), second.ID, 99); err != nil {
			t.Fatal(err)
		}
		second.LastUsedAt, first.RevokedAt = &used, &used
		if got, err := s.RevokeToken(t.Context(), first.ID); err != nil || cmp.Diff(first, got, times) != "" {
			t.Errorf("revoked: %v, %v", got, err)
		}
		now = now.Add(time.Minute)
		if got, err := s.RevokeToken(t.Context(), first.ID); err != nil || cmp.Diff(first, got, times) != "" {
			t.Errorf("revoked twice: %v, %v", got, err)
		}
		if _, err := s.RevokeToken(t.Context(), 99); !errs.Is(err, errs.NotFound) {
			t.Errorf("revoke an unknown token: %v", err)
		}
		wants(t, s, second, first)
		if first.CreatedAt != created {
			t.Errorf("created at %s, want %s", first.CreatedAt, created)
		}
	})
}

var times = cmp.Options{cmp.AllowUnexported(model.Time{}), cmpopts.EquateComparable(time.Time{})}

func hash(first byte) []byte { return append([]byte{first}, make([]byte, 31)...) }

func wants(t *testing.T, s *console.TokenStore, want ...*model.Token) {
	t.Helper()
	got, err := s.Tokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, times); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
}
