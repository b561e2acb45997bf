package model_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/model"
)

var equalTimes = cmp.Comparer(func(a, b model.Time) bool { return a == b })

// TestDeclareKeepsAnOperatorsField checks each field. A new declaration changes
// it unless an operator has done so. An equal declaration changes nothing.
func TestDeclareKeepsAnOperatorsField(t *testing.T) {
	t.Parallel()
	old, now := model.NewTime(time.Unix(1, 0)), model.NewTime(time.Unix(2, 0))
	declared := model.Schedule{
		Name: "test.task", Summary: "a", Cron: "a", TimeZone: "a", MissedPolicy: "a", OverlapPolicy: "a",
		DeclaredCron: "a", DeclaredTimeZone: "a", DeclaredMissedPolicy: "a", DeclaredOverlapPolicy: "a", UpdatedAt: old,
	}
	for name, tt := range map[string]struct {
		set     func(s *model.Schedule, to string)
		declare func(d *model.Schedule, to string)
	}{
		"cron": {func(s *model.Schedule, to string) { s.Cron = to }, func(d *model.Schedule, to string) { d.DeclaredCron = to }},
		"zone": {func(s *model.Schedule, to string) { s.TimeZone = to }, func(d *model.Schedule, to string) { d.DeclaredTimeZone = to }},
		"missed": {
			func(s *model.Schedule, to string) { s.MissedPolicy = model.MissedPolicy(to) },
			func(d *model.Schedule, to string) { d.DeclaredMissedPolicy = model.MissedPolicy(to) },
		},
		"overlap": {
			func(s *model.Schedule, to string) { s.OverlapPolicy = model.OverlapPolicy(to) },
			func(d *model.Schedule, to string) { d.DeclaredOverlapPolicy = model.OverlapPolicy(to) },
		},
		"summary": {func(s *model.Schedule, to string) { s.Summary = to }, func(*model.Schedule, string) {}},
	} {
		newer := declared
		newer.UpdatedAt = now
		same := declared
		if same.Declare(&newer) || same != declared {
			t.Errorf("%s: an equal declaration changes %+v", name, same)
		}

		tt.set(&newer, "b")
		taken, want := declared, newer
		tt.declare(&want, "b")
		if changed := taken.Declare(&newer); !changed {
			t.Errorf("%s: a changed declaration is not reported", name)
		}
		if diff := cmp.Diff(want, taken, equalTimes); diff != "" {
			t.Errorf("%s: declared (-want +got):\n%s", name, diff)
		}
		if name == "summary" {
			continue // operators cannot change it
		}

		kept := declared
		tt.set(&kept, "operator")
		want = kept
		want.UpdatedAt = now
		tt.declare(&want, "b")
		if changed := kept.Declare(&newer); !changed {
			t.Errorf("%s: a changed declaration is not reported", name)
		}
		if diff := cmp.Diff(want, kept, equalTimes); diff != "" {
			t.Errorf("%s: an operator's field (-want +got):\n%s", name, diff)
		}
	}
}
