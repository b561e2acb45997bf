package items_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// TestDuplicatesOf pages through the duplicates of one item in every sort,
// with and without other filters. Every third item is one, as the worker
// would have found.
func TestDuplicatesOf(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := apitest.NewHarness(t, db)
		bodies := make([]string, 40)
		for i := range bodies {
			bodies[i] = fmt.Sprintf(`{"name":"%c"}`, 'a'+rune(i*7%4))
		}
		h.Must(201, "POST", "/api/items/batch", "["+strings.Join(bodies, ",")+"]")
		for _, query := range []string{
			"UPDATE items SET duplicate_of = CASE id % 3 WHEN 0 THEN 1 ELSE 2 END WHERE id > 2",
			"UPDATE items SET status = 'expired' WHERE id % 2 = 0",
		} {
			if _, err := db.ExecContext(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		h.Must(204, "DELETE", "/api/items/9", "")
		for filter, want := range map[string]func(item) bool{
			"":                   func(item) bool { return true },
			"&status=expired":    func(i item) bool { return i.ID%2 == 0 },
			"&q=B":               func(i item) bool { return i.Name == "b" },
			"&q=a&status=active": func(i item) bool { return i.Name == "a" && i.ID%2 == 1 },
		} {
			for _, sort := range sorts {
				all := apitest.Decode[[]item](t, h.Must(200, "GET", "/api/items?sort="+sort, "").Body)
				all = slices.DeleteFunc(all, func(i item) bool { return i.ID%3 != 0 || !want(i) })
				var got []item
				first := "/api/items?limit=3&duplicate_of=1&sort=" + sort + filter
				for path := first; path != ""; {
					page := h.Must(200, "GET", path, "")
					got = append(got, apitest.Decode[[]item](t, page.Body)...)
					path = page.Link("next")
				}
				if len(all) == 0 || !slices.Equal(got, all) {
					t.Errorf("%s: %v, want %v", first, got, all)
				}
				total := h.Must(200, "GET", first+"&total=true", "").Header.Get("X-Total-Count")
				if total != fmt.Sprint(len(all)) {
					t.Errorf("%s: a total of %s, want %d", first, total, len(all))
				}
			}
		}
	})
}
