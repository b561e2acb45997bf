package items

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/items"
)

// itemStats counts the changes of items on each of the last days UTC days,
// ascending, today included. A day that was not counted is one on which
// nothing happened.
func (h *statsHandlers) itemStats(ctx context.Context, days int) ([]*items.DayStats, error) {
	today := h.now().UTC()
	all := make([]*items.DayStats, days)
	byDay := make(map[string]*items.DayStats, days)
	for i := range all {
		all[i] = &items.DayStats{Day: today.AddDate(0, 0, i+1-days).Format(time.DateOnly)}
		byDay[all[i].Day] = all[i]
	}
	// Left alone, Postgres' driver makes a time of a date.
	day := "day"
	if h.db.IsPostgres() {
		day = "to_char(day, 'YYYY-MM-DD') AS day"
	}
	var counted []*items.DayStats
	err := h.db.NewSelect().Model(&counted).ColumnExpr(day).Column("created", "updated", "expired", "deleted", "restored").
		Where("day BETWEEN ? AND ?", all[0].Day, all[days-1].Day).Scan(ctx)
	for _, c := range counted {
		if at, ok := byDay[c.Day]; ok {
			*at = *c
		}
	}
	return all, database.Error(err, "select the counts of %d days", days)
}
