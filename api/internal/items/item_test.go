package items_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/items"
	"github.com/fualab/fualab/api/internal/resource/resourcetest"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/database"
	shared "github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

func TestItems(t *testing.T) {
	resourcetest.Run(t, items.Resource(), resourcetest.WithoutImport())
}

// TestDerivedFieldsAreFilters: a list, its total and an export agree about the fields that only the worker writes.
func TestDerivedFieldsAreFilters(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := resourcetest.Serve(t, db, resourcetest.Of(items.Resource()))
		for _, name := range []string{"alpha", "beta", "Alphabet", "beta"} {
			s.Want(http.StatusCreated, http.MethodPost, "/api/items", map[string]any{"name": name})
		}
		for _, change := range []string{"UPDATE items SET status = 'expired' WHERE id = 3", "UPDATE items SET duplicate_of = 2 WHERE id = 4"} {
			if _, err := db.ExecContext(t.Context(), change); err != nil {
				t.Fatal(err)
			}
		}
		for query, want := range map[string][]float64{
			"status=active": {1, 2, 4}, "status=expired": {3}, "status=expired&q=ALPHA": {3}, "status=active&q=alpha": {1},
			"duplicate_of=2": {4}, "duplicate_of=1": nil,
		} {
			list := s.Want(http.StatusOK, http.MethodGet, "/api/items?total=true&"+query, nil)
			var got []float64
			for _, row := range list.Rows(t) {
				got = append(got, row["id"].(float64))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", query, diff)
			}
			if total := list.Header.Get("X-Total-Count"); total != fmt.Sprint(len(want)) {
				t.Errorf("%s: a total of %s", query, total)
			}
			file := s.Want(http.StatusOK, http.MethodGet, "/api/items/export?format=ndjson&"+query, nil).Body
			if lines := strings.Count(file, "\n"); lines != len(want) {
				t.Errorf("%s: %d lines in %s", query, lines, file)
			}
		}
	})
}

// TestLifeOfAnItem: a change that leaves no expiry in the past makes an expired item active; a restored one has no
// fingerprint; deletion and restoration leave the status alone.
func TestLifeOfAnItem(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := resourcetest.Serve(t, db, resourcetest.Of(items.Resource()))
		at := s.Want(http.StatusCreated, http.MethodPost, "/api/items", map[string]any{"name": "a", "expires_at": "2001-01-01T00:00:00Z"}).Header.Get("Location")
		expire := func() {
			t.Helper()
			if _, err := db.ExecContext(t.Context(), "UPDATE items SET status = 'expired', fingerprint = 'f', enriched_version = version"); err != nil {
				t.Fatal(err)
			}
		}
		for _, tt := range []struct {
			name, method, path string
			body               any
			status             string
			fingerprint        any
		}{
			{"another name", http.MethodPatch, at, map[string]any{"name": "b"}, "expired", "f"},
			{"another past", http.MethodPatch, at, map[string]any{"expires_at": "2002-01-01T00:00:00Z"}, "expired", "f"},
			{"a future", http.MethodPatch, at, map[string]any{"expires_at": time.Now().Add(time.Hour).Format(time.RFC3339)}, "active", "f"},
			{"no expiry", http.MethodPatch, at, map[string]any{"expires_at": nil}, "active", "f"},
			{"restored", http.MethodPost, at + "/restore", nil, "expired", nil},
		} {
			expire()
			if tt.name == "restored" {
				s.Want(http.StatusNoContent, http.MethodDelete, at, nil)
			}
			row := s.Want(http.StatusOK, tt.method, tt.path, tt.body).Row(t)
			if row["status"] != tt.status || row["fingerprint"] != tt.fingerprint || row["enriched"] != false {
				t.Errorf("%s: %v", tt.name, row)
			}
		}
	})
}

// TestBothFormsOfAnItemKeepOneRule: the declaration and the rules that the worker holds a file to refuse the same.
func TestBothFormsOfAnItemKeepOneRule(t *testing.T) {
	t.Parallel()
	s := resourcetest.Serve(t, testdb.New(t, "sqlite"), resourcetest.Of(items.Resource()))
	schema := s.API.Document().Components.Schemas.Map()["ItemCreate"]
	for name, most := range map[string]int{"name": shared.MaxName, "description": shared.MaxDescription, "external_id": shared.MaxExternalID} {
		if got := schema.Properties[name].MaxLength; got == nil || *got != most {
			t.Errorf("%s has at most %v characters, and %d in a file", name, got, most)
		}
	}
	for _, name := range []string{" \u00a0\t\u200b", "a\x00", "\x00"} {
		var want []string
		for _, fault := range (shared.Fields{Name: name, Attributes: model.NoAttributes}).Validate("") {
			want = append(want, fault.Message)
		}
		r := s.Want(http.StatusUnprocessableEntity, http.MethodPost, "/api/items", map[string]any{"name": name}).Row(t)
		var got []string
		for _, fault := range r["errors"].([]any) {
			got = append(got, fault.(map[string]any)["detail"].(string))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-file +request):\n%s", name, diff)
		}
	}
}

// TestABatchHasTimeToArrive: 8 MiB in huma's 5 s take 13 Mbit/s.
func TestABatchHasTimeToArrive(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	api := rest.New(rest.Config{Log: log})
	items.Register(api, items.Config{Log: log})
	if op := api.Document().Paths["/api/items/batch"].Post; op.BodyReadTimeout != rest.BatchTimeout {
		t.Errorf("a batch may take %s", op.BodyReadTimeout)
	}
}
