package schedule

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/cron"
	"github.com/fualab/fualab/shared/model"
)

// noon is the first due time of the schedules in these tests; later ones follow
// each minute.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func minute(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

func minutes(from, to int) []time.Time {
	var all []time.Time
	for n := from; n <= to; n++ {
		all = append(all, minute(n))
	}
	return all
}

func TestPlan(t *testing.T) {
	t.Parallel()
	spec, err := cron.Parse("* * * * *", "UTC")
	if err != nil {
		t.Fatal(err)
	}
	const limit = 500
	for _, tt := range []struct {
		name    string
		missed  model.MissedPolicy
		overlap model.OverlapPolicy
		now     time.Time
		busy    bool
		runs    []time.Time
		next    time.Time
	}{
		{"on time, skip", model.MissedSkip, model.OverlapAllow, noon, false, minutes(0, 0), minute(1)},
		{"just on time, skip", model.MissedSkip, model.OverlapAllow, noon.Add(onTime), false, minutes(0, 0), minute(1)},
		{"just missed, skip", model.MissedSkip, model.OverlapAllow, noon.Add(onTime + 1), false, nil, minute(1)},
		{"a gap that ends on time, skip", model.MissedSkip, model.OverlapAllow, minute(10), false, minutes(10, 10), minute(11)},
		{"a gap, skip", model.MissedSkip, model.OverlapAllow, minute(10).Add(30 * time.Second), false, nil, minute(11)},

		{"on time, once", model.MissedOnce, model.OverlapAllow, noon, false, minutes(0, 0), minute(1)},
		{"a gap, once", model.MissedOnce, model.OverlapAllow, minute(10).Add(30 * time.Second), false, minutes(10, 10), minute(11)},
		{"a gap of two years, once", model.MissedOnce, model.OverlapAllow, minute(1_000_000), false, minutes(1_000_000, 1_000_000), minute(1_000_001)},

		{"on time, all", model.MissedAll, model.OverlapAllow, noon, false, minutes(0, 0), minute(1)},
		{"a gap, all", model.MissedAll, model.OverlapAllow, minute(10).Add(30 * time.Second), false, minutes(0, 10), minute(11)},
		{"a long gap, all: the next turn goes on", model.MissedAll, model.OverlapAllow, minute(limit + 5), false, minutes(0, limit-1), minute(limit)},

		{"busy, skip", model.MissedSkip, model.OverlapSkip, noon, true, nil, minute(1)},
		{"busy, once", model.MissedOnce, model.OverlapSkip, noon, true, nil, minute(1)},
		{"busy and allowed", model.MissedOnce, model.OverlapAllow, noon, true, minutes(0, 0), minute(1)},
		{"busy, all: nothing is lost", model.MissedAll, model.OverlapSkip, minute(3), true, nil, minute(0)},
		{"idle, all, one after another", model.MissedAll, model.OverlapSkip, minute(3), false, minutes(0, 0), minute(1)},
	} {
		row := &model.Schedule{MissedPolicy: tt.missed, OverlapPolicy: tt.overlap, NextRunAt: model.NewTime(noon)}
		runs, next := plan(row, spec, tt.now, tt.busy, limit)
		if diff := cmp.Diff(tt.runs, runs); diff != "" {
			t.Errorf("%s: runs (-want +got):\n%s", tt.name, diff)
		}
		if !next.Equal(tt.next) {
			t.Errorf("%s: next %s, want %s", tt.name, next, tt.next)
		}
	}
}
