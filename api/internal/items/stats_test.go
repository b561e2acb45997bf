package items_test

import (
	"testing"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// TestStats: the counts of each day, and of days without any.
func TestStats(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		day := func(day string, n int64) *items.DayStats {
			return &items.DayStats{Day: day, Created: n, Updated: n + 1, Expired: n + 2, Deleted: n + 3, Restored: n + 4, UpdatedAt: model.NewTime(apitest.At("00:00:00"))}
		}
		days := []*items.DayStats{day("2026-01-02", 10), day("2025-12-31", 20), day("2025-01-01", 30), day("2026-01-03", 40)}
		if _, err := db.NewInsert().Model(&days).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		apitest.NewHarness(t, db).Follow([]apitest.Step{
			{Name: "stats", Method: "GET", Path: "/api/stats/items?days=3", Status: 200,
				Want: `[{"day":"2025-12-31","created":20,"updated":21,"expired":22,"deleted":23,"restored":24},{"day":"2026-01-01","created":0,"updated":0,"expired":0,"deleted":0,"restored":0},{"day":"2026-01-02","created":10,"updated":11,"expired":12,"deleted":13,"restored":14}]` + "\n"},
			{Name: "stats of today", Method: "GET", Path: "/api/stats/items?days=1", Status: 200, Want: `[{"day":"2026-01-02","created":10,`},
			{Name: "stats of 30 days", Method: "GET", Path: "/api/stats/items", Status: 200, Want: `[{"day":"2025-12-04",`},
			{Name: "stats of a year", Method: "GET", Path: "/api/stats/items?days=366", Status: 200, Want: `[{"day":"2025-01-02","created":0,`},
			{Name: "stats of no day", Method: "GET", Path: "/api/stats/items?days=0", Status: 422, Want: `"parameter":"days"`},
			{Name: "stats of 367 days", Method: "GET", Path: "/api/stats/items?days=367", Status: 422},
		})
	})
}
