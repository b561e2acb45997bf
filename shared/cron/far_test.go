package cron_test

import (
	"slices"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/cron"
)

// TestBeyondTheTables checks due times after 2037, where a zone's table ends
// and its rule begins.
func TestBeyondTheTables(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Europe/Dublin", "UTC"} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		leapDays, err := cron.Parse("0 12 29 2 *", zone)
		if err != nil {
			t.Fatal(err)
		}
		var years []int
		for at := time.Date(2033, 1, 1, 0, 0, 0, 0, time.UTC); len(years) < 6; {
			at = leapDays.Next(at)
			local := at.In(location)
			if local.Month() != time.February || local.Day() != 29 || local.Hour() != 12 {
				t.Fatalf("%s: due at %s", zone, local)
			}
			years = append(years, local.Year())
		}
		if want := []int{2036, 2040, 2044, 2048, 2052, 2056}; !slices.Equal(years, want) {
			t.Errorf("%s: due in %v, want %v", zone, years, want)
		}

		noons, err := cron.Parse("0 12 * * *", zone)
		if err != nil {
			t.Fatal(err)
		}
		at, day := time.Date(2040, 12, 25, 13, 0, 0, 0, location), 26
		for range 6 {
			at = noons.Next(at)
			if local := at.In(location); local.Day() != day || local.Hour() != 12 {
				t.Errorf("%s: due at %s, want noon of the %dth", zone, local, day)
			}
			day++
		}
	}
}
