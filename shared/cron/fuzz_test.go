package cron_test

import (
	"testing"
	"time"

	"github.com/fualab/fualab/shared/cron"
)

// FuzzParse proves that an accepted expression yields ascending times that
// match it.
func FuzzParse(f *testing.F) {
	for _, expression := range []string{"* * * * *", "*/5 * * * * *", "0 0 29 2 *", "0 0 31 2 *", "59 23 31 12 7", "@daily", "1-5,7/2 * * * MON", "", "* * * *", "0 0 0 0 0", "TZ=UTC * * * * *", "1,,2 * * * *", "+1 ? * jan sun"} {
		f.Add(expression, "UTC")
		f.Add(expression, "Europe/Berlin")
	}
	f.Add("* * * * *", "../etc/passwd")
	f.Fuzz(func(t *testing.T, expression, zone string) {
		schedule, err := cron.Parse(expression, zone)
		if err != nil {
			return
		}
		at := time.Date(2026, 3, 29, 0, 59, 0, 0, time.UTC)
		for at.Year() < 2032 { // time.Time.ZoneBounds is wrong at the end of leap years after 2037
			next := schedule.Next(at)
			if next.IsZero() {
				return
			}
			if !next.After(at) {
				t.Fatalf("%q in %q: %s comes after %s", expression, zone, next, at)
			}
			at = next.AddDate(0, 4, 0)
		}
	})
}
