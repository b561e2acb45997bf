//go:build !race

package items_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/access"
	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/items"
	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/shared/testdb"
)

// sink is a client that reads nothing.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }

// TestAllocations holds the most frequent requests to about today's number of
// allocations, on SQLite, log line included. Unlike a time, the number is the same
// on every machine; the race detector adds its own. A change that raises a bound
// says why.
func TestAllocations(t *testing.T) { // not parallel: AllocsPerRun counts the allocations of others, too
	db := testdb.Open(t, testdb.NewURL(t, "sqlite"))
	rows := make([]*items.Item, 50)
	for i := range rows {
		rows[i] = &items.Item{Name: fmt.Sprint("Sample ", i)}
	}
	if err := items.Resource().Store(resource.Deps{DB: db, Now: time.Now}).Create(t.Context(), access.Caller{}, rows...); err != nil {
		t.Fatal(err)
	}
	handler := apitest.NewAPI(apitest.Deps{
		DB: db, Cache: cache.New(8<<20, "items"), Now: time.Now, Log: slog.New(slog.NewJSONHandler(&discard{}, nil)),
	})
	for _, tt := range []struct {
		name, method, path, body, header string
		most                             float64
	}{
		{"an item from memory", http.MethodGet, "/api/items/1", "", "", 31},
		{"a list from memory", http.MethodGet, "/api/items?limit=50", "", "", 30},
		{"an item from the database", http.MethodGet, "/api/items/1", "", "no-cache", 130},
		{"a new item", http.MethodPost, "/api/items", `{"name":"Sample","attributes":{"colour":"red"}}`, "", 195},
	} {
		ask := func() {
			req := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(tt.body))
			if tt.body != "" {
				req.Header.Set("Content-Type", "application/json")
			}
			if tt.header != "" {
				req.Header.Set("Cache-Control", tt.header)
			}
			w := sink{header: make(http.Header)}
			if handler.ServeHTTP(&w, req); w.status/100 != 2 {
				t.Fatalf("%s: %d", tt.name, w.status)
			}
		}
		if got := testing.AllocsPerRun(200, ask); got > tt.most {
			t.Errorf("%s: %.0f allocations, at most %.0f are wanted", tt.name, got, tt.most)
		}
	}
}

// discard is io.Discard, for which slog would leave everything out.
type discard struct{}

func (*discard) Write(p []byte) (int, error) { return len(p), nil }
