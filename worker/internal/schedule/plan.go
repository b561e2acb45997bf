package schedule

import (
	"time"

	"github.com/fualab/fualab/shared/cron"
	"github.com/fualab/fualab/shared/model"
)

// onTime is how late a due time may be seen and is not yet missed: some turns
// of the loop.
const onTime = 5 * time.Second

// never is where a schedule stands that is not due any more.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// plan decides, at now, for which due times a schedule's task runs, at most
// limit of them, and when the schedule is due next. busy says that a run of the
// task is not finished.
func plan(row *model.Schedule, spec *cron.Schedule, now time.Time, busy bool, limit int) (runs []time.Time, next time.Time) {
	first := row.NextRunAt.Std()
	if row.MissedPolicy == model.MissedAll {
		if row.OverlapPolicy == model.OverlapSkip {
			// Each runs, one after another: the next one when this is done.
			if limit = 1; busy {
				return nil, first
			}
		}
		runs, next = spec.Due(first, now, limit)
		return runs, orNever(next)
	}
	newest, next := spec.Newest(first, now)
	switch {
	case busy && row.OverlapPolicy == model.OverlapSkip:
	case row.MissedPolicy == model.MissedSkip && now.Sub(newest) > onTime:
	default:
		runs = []time.Time{newest}
	}
	return runs, orNever(next)
}

func orNever(t time.Time) time.Time {
	if t.IsZero() {
		return never
	}
	return t
}
