package cron_test

import (
	"testing"
	"time"

	"github.com/fualab/fualab/shared/cron"
)

func TestInterval(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, tt := range []struct {
		expression, zone string
		want             time.Duration
	}{
		{"* * * * * *", "UTC", time.Second},
		{"* * * * *", "UTC", time.Minute},
		{"*/5 * * * *", "UTC", 5 * time.Minute},
		{"0-10,30-40 * * * * *", "UTC", 20 * time.Second},
		{"23 * * * *", "UTC", time.Hour},
		{"17 3 * * *", "UTC", day},
		{"17 3 * * *", "Europe/Berlin", 25 * time.Hour}, // when the clock is put back
		{"0 9-17 * * 1-5", "UTC", 64 * time.Hour},       // Friday evening to Monday morning
		{"* 9-17 * * 1-5", "UTC", 63*time.Hour + time.Minute},
		{"0 0 1 * *", "UTC", 31 * day},
		{"0 0 29 2 *", "UTC", 400 * day}, // once in four years
	} {
		s, err := cron.Parse(tt.expression, tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Interval(instant(t, "2026-01-01T00:00:30Z")); got != tt.want {
			t.Errorf("%s in %s: %s, want %s", tt.expression, tt.zone, got, tt.want)
		}
	}
}
