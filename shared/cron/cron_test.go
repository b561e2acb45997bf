package cron_test

import (
	"archive/zip"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/cron"
)

func TestNext(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, expression, zone, from string
		want                         []string
	}{
		{"every minute", "* * * * *", "UTC", "2026-01-01T00:00:30Z", []string{"2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z"}},
		{"every ten seconds", "*/10 * * * * *", "UTC", "2026-01-01T00:00:05Z", []string{"2026-01-01T00:00:10Z", "2026-01-01T00:00:20Z"}},
		{"strictly after", "0 0 * * *", "UTC", "2026-01-01T00:00:00Z", []string{"2026-01-02T00:00:00Z"}},
		{"leap day", "0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", []string{"2028-02-29T00:00:00Z"}},
		{"zone", "0 9 * * 1", "America/New_York", "2026-01-01T00:00:00Z", []string{"2026-01-05T14:00:00Z"}},

		{"day and weekday both match", "0 0 13 * 5", "UTC", "2026-03-01T00:00:00Z", []string{"2026-03-13T00:00:00Z", "2026-11-13T00:00:00Z"}},
		{"25 December on a Sunday", "0 0 25 12 0", "UTC", "2026-12-01T00:00:00Z", []string{"2033-12-25T00:00:00Z", "2039-12-25T00:00:00Z"}},
		{"29 February on a Monday", "0 0 29 2 1", "UTC", "2026-12-01T00:00:00Z", []string{"2044-02-29T00:00:00Z", "2072-02-29T00:00:00Z"}},
		{"1 January on a Monday", "0 0 1 1 1", "UTC", "2028-06-01T00:00:00Z", []string{"2029-01-01T00:00:00Z", "2035-01-01T00:00:00Z", "2046-01-01T00:00:00Z"}},
		{"leap day over 2100", "0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", []string{"2104-02-29T00:00:00Z"}},
		{"names", "0 0 * feb,DEC Mon-Fri", "UTC", "2026-02-27T12:00:00Z", []string{"2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z"}},

		// Berlin puts the clock forward from 02:00 to 03:00 on 29 March 2026.
		{"a time that does not exist is due an hour later", "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
			[]string{"2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"}},
		{"an interval goes on", "*/30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z",
			[]string{"2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"}},

		// And back from 03:00 to 02:00 on 25 October 2026.
		{"a time that exists twice is due once", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z",
			[]string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
		{"each of its minutes once", "*/20 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z",
			[]string{"2026-10-25T00:00:00Z", "2026-10-25T00:20:00Z", "2026-10-25T00:40:00Z", "2026-10-26T01:00:00Z"}},
		{"? is the same as *", "30 ? ? ? ?", "Europe/Berlin", "2027-10-31T00:30:00Z",
			[]string{"2027-10-31T01:30:00Z", "2027-10-31T02:30:00Z"}},
		{"an hour after it is not taken for repeated", "0 3 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z",
			[]string{"2026-10-25T02:00:00Z", "2026-10-26T02:00:00Z"}},
		{"an interval follows elapsed time", "*/30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z",
			[]string{"2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"}},
		// Lord Howe Island moves by half an hour.
		{"half an hour twice", "45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z",
			[]string{"2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"}},
		{"half an hour skipped", "15 2 * * *", "Australia/Lord_Howe", "2026-10-02T18:00:00Z",
			[]string{"2026-10-03T15:45:00Z", "2026-10-04T15:15:00Z"}},
		// Cairo skips from 00:00 to 01:00 on 24 April 2026.
		{"a midnight that does not exist", "0 0 * * *", "Africa/Cairo", "2026-04-22T23:00:00Z",
			[]string{"2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"}},
		{"on the day it names alone", "0 0 24 4 *", "Africa/Cairo", "2026-01-01T00:00:00Z",
			[]string{"2026-04-23T22:00:00Z", "2027-04-23T22:00:00Z"}},
		// And from 00:00 to 23:00 on 29 October 2026, whose last hour comes twice.
		{"a midnight after an hour twice", "0 0 * * *", "Africa/Cairo", "2026-10-28T22:00:00Z",
			[]string{"2026-10-29T22:00:00Z", "2026-10-30T22:00:00Z"}},
		{"each of its minutes is due an hour later", "*/20 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-29T01:20:00Z", "2026-03-29T01:40:00Z", "2026-03-30T00:00:00Z"}},
		{"two due times at one instant are due once", "0,30 2-3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:00:00Z"}},
		{"each second of it", "58-59 59 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
			[]string{"2026-03-29T01:59:58Z", "2026-03-29T01:59:59Z", "2026-03-30T00:59:58Z"}},
		{"a step of hours", "0 */2 * * *", "Europe/Berlin", "2026-03-28T23:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"}},
		// Samoa left out 30 December 2011.
		{"a day that does not exist", "0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z",
			[]string{"2011-12-30T22:00:00Z", "2012-12-29T22:00:00Z"}},
	} {
		s, err := cron.Parse(tt.expression, tt.zone)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		at := instant(t, tt.from)
		var got []string
		for range tt.want {
			at = s.Next(at)
			got = append(got, at.Format(time.RFC3339))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	s, err := cron.Parse("* * * * * *", "UTC")
	if err != nil {
		t.Fatal(err)
	}
	first, now := instant(t, "2026-01-01T00:00:00Z"), instant(t, "2026-01-01T00:00:04Z")
	due, next := s.Due(first, now, 100)
	if len(due) != 5 || !due[0].Equal(first) || !due[4].Equal(now) || !next.Equal(now.Add(time.Second)) {
		t.Errorf("due %v, then %s", due, next)
	}
	if due, next = s.Due(first, now, 2); len(due) != 2 || !next.Equal(first.Add(2*time.Second)) {
		t.Errorf("limited: due %v, then %s", due, next)
	}
	if due, next = s.Due(now.Add(time.Second), now, 2); len(due) != 0 || !next.Equal(now.Add(time.Second)) {
		t.Errorf("nothing: due %v, then %s", due, next)
	}
}

// TestDailyOnce proves that each day has exactly one run, in each zone that
// shifts its clock.
func TestDailyOnce(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "America/Havana", "Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca", "Antarctica/Troll", "Asia/Tokyo"} {
		for minute := 0; minute < 24*60; minute += 45 {
			s, err := cron.Parse(fmt.Sprintf("%d %d * * *", minute%60, minute/60), zone)
			if err != nil {
				t.Fatal(err)
			}
			at := instant(t, "2026-01-01T00:00:00Z")
			for range 400 {
				next := s.Next(at)
				if step := next.Sub(at); at.After(instant(t, "2026-01-02T23:00:00Z")) && (step < 21*time.Hour || step > 27*time.Hour) {
					t.Errorf("%s, minute %d: %s after %s", zone, minute, next, at)
				}
				at = next
			}
			if days := at.Sub(instant(t, "2026-01-01T00:00:00Z")).Hours() / 24; days < 398.9 || days > 400.1 {
				t.Errorf("%s, minute %d: 400 runs in %.2f days", zone, minute, days)
			}
		}
	}
}

func TestNewest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ expression, first, now, newest, next string }{
		{"* * * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"},
		{"* * * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:00:30Z", "2026-01-01T00:00:30Z", "2026-01-01T00:00:31Z"},
		{"* * * * * *", "2020-01-01T00:00:00Z", "2026-01-01T00:00:30.5Z", "2026-01-01T00:00:30Z", "2026-01-01T00:00:31Z"},
		{"0 0 1 1 *", "2020-01-01T00:00:00Z", "2025-12-31T23:59:59Z", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"},
		{"0 0 1 1 *", "2026-01-01T00:00:00Z", "2026-05-01T00:00:00Z", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{"* * 2 * * *", "2026-01-01T02:00:00Z", "2026-03-01T00:00:00Z", "2026-02-28T02:59:59Z", "2026-03-01T02:00:00Z"},
	} {
		s, err := cron.Parse(tt.expression, "UTC")
		if err != nil {
			t.Fatal(err)
		}
		newest, next := s.Newest(instant(t, tt.first), instant(t, tt.now))
		if !newest.Equal(instant(t, tt.newest)) || !next.Equal(instant(t, tt.next)) {
			t.Errorf("%s from %s to %s: newest %s, then %s", tt.expression, tt.first, tt.now, newest, next)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range [][2]string{
		{"", "UTC"}, {"* * * *", "UTC"}, {"* * * * * * *", "UTC"}, {"61 * * * *", "UTC"}, {"@daily", "UTC"}, {"a b c d e", "UTC"},
		{"TZ=UTC * * * * *", "UTC"}, {"CRON_TZ=UTC * * * *", "UTC"},
		{"1,,2 * * * *", "UTC"}, {"1, * * * *", "UTC"}, {",1 * * * *", "UTC"}, {"* * * * *,", "UTC"}, {", * * * *", "UTC"},
		{"+1 * * * *", "UTC"}, {"-1 * * * *", "UTC"}, {"1- * * * *", "UTC"}, {"1-2-3 * * * *", "UTC"}, {"1/ * * * *", "UTC"}, {"1/2/3 * * * *", "UTC"},
		{"*/0 * * * *", "UTC"}, {"*/+1 * * * *", "UTC"}, {"*-5 * * * *", "UTC"}, {"** * * * *", "UTC"}, {"001 * * * *", "UTC"}, {"1.5 * * * *", "UTC"},
		{"0 0 L * *", "UTC"}, {"0 0 * * 1#2", "UTC"}, {"H * * * *", "UTC"}, {"0 0 * jan mon-", "UTC"}, {"0 0 * mon *", "UTC"}, {"1\u066b * * * *", "UTC"},
		{"* * * * *", ""}, {"* * * * *", "Local"}, {"* * * * *", "Mars/Olympus"}, {"* * * * *", "../x"}, {"* * * * *", "../zoneinfo/UTC"},
		{"* * * * *", "Europe/../UTC"}, {"* * * * *", "/etc/localtime"}, {"* * * * *", "europe/berlin"}, {"* * * * *", "utc"}, {"* * * * *", "EUROPE/BERLIN"},
		{"* * * * *", "posix/UTC"}, {"* * * * *", "right/UTC"}, {"* * * * *", "localtime"}, {"* * * * *", "posixrules"}, {"* * * * *", "Factory"},
		{"* * * * *", " UTC"}, {"* * * * *", "UTC\nZulu"}, {"* * * * *", "UTC+1"}, {"* * * * *", "+01:00"}, {"* * * * *", "CEST"}, {"* * * * *", "Europe"},
	} {
		if _, err := cron.Parse(tt[0], tt[1]); err == nil {
			t.Errorf("%q in %q is accepted", tt[0], tt[1])
		}
	}
}

// TestValidateRefusesWhatIsNeverDue also proves that Parse accepts the
// expression, so that an existing row still runs.
func TestValidateRefusesWhatIsNeverDue(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{"0 0 31 2 *", "0 0 30 2 1", "0 0 31 4,6,9,11 *"} {
		for _, zone := range []string{"UTC", "Europe/Berlin"} {
			s, err := cron.Parse(expression, zone)
			if err != nil {
				t.Errorf("%s in %s: %v", expression, zone, err)
				continue
			}
			now := instant(t, "2026-01-01T00:00:00Z")
			if next := s.Next(now); !next.IsZero() {
				t.Errorf("%s in %s: due at %s", expression, zone, next)
			}
			if due, next := s.Due(now, now, 10); len(due) != 1 || !next.IsZero() {
				t.Errorf("%s in %s: due %v, then %s", expression, zone, due, next)
			}
			if newest, next := s.Newest(now, now.Add(time.Hour)); !newest.Equal(now) || !next.IsZero() {
				t.Errorf("%s in %s: newest %s, then %s", expression, zone, newest, next)
			}
			if _, err := cron.Validate(expression, zone); err == nil || !strings.Contains(err.Error(), "never due") {
				t.Errorf("%s in %s: validated: %v", expression, zone, err)
			}
		}
	}
}

// TestRareDatesAreFound proves that each possible date on each weekday is
// found, from any start.
func TestRareDatesAreFound(t *testing.T) {
	t.Parallel()
	for weekday := range 7 {
		for _, day := range []string{"29 2", "1 1", "31 12", "30 6"} {
			expression := fmt.Sprintf("0 0 %s %d", day, weekday)
			s, err := cron.Validate(expression, "UTC")
			if err != nil {
				t.Errorf("%s: %v", expression, err)
				continue
			}
			for at := instant(t, "2000-01-01T00:00:00Z"); at.Year() < 2400; {
				next := s.Next(at)
				if years := next.Year() - at.Year(); next.IsZero() || years > 40 {
					t.Errorf("%s: due at %s after %s", expression, next, at)
					break
				}
				at = next
			}
		}
	}
}

var update = flag.Bool("update", false, "write zones.txt instead of comparing it")

// TestZones compares zones.txt with the database in the Go distribution.
func TestZones(t *testing.T) {
	t.Parallel()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip(err)
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	var names []string
	for _, file := range archive.File {
		if !strings.HasSuffix(file.Name, "/") && file.Name != "Factory" { // it means "not configured"
			names = append(names, file.Name)
		}
	}
	slices.Sort(names)
	text := strings.Join(names, "\n") + "\n"
	if *update {
		if err := os.WriteFile("zones.txt", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	stored, err := os.ReadFile("zones.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(stored), text); diff != "" {
		t.Errorf("zones.txt is stale; `go tool task generate` writes it (-stored +database):\n%s", diff)
	}
	for _, name := range names {
		if _, err := cron.Parse("* * * * *", name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
