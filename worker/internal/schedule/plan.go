package schedule

import (
	"time"

	"github.com/fualab/fualab/shared/cron"
	"github.com/fualab/fualab/shared/model"
)

// onTime is the delay up to which a due time is not missed: some turns of the
// loop.
const onTime = 5 * time.Second

// never is the next due time of a schedule that is never due again.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// plan decides at now which due times of a schedule get a run, at most limit of
// them, and returns the next due time. busy reports whether a run of the task
// is unfinished.
func plan(row *model.Schedule, spec *cron.Schedule, now time.Time, busy bool, limit int) (runs []time.Time, next time.Time) {
	first := row.NextRunAt.Std()
	if row.MissedPolicy == model.MissedAll {
		if row.OverlapPolicy == model.OverlapSkip {
			// Each due time gets a run, one after another: the next one after
			// the present run.
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
