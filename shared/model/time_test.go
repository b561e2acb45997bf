package model_test

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fualab/fualab/shared/model"
)

// dateTime is the grammar of RFC 3339 with the ranges of its numbers. It omits
// the length of each month and leap seconds.
var dateTime = regexp.MustCompile(`^([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`)

// isDateTime decides without the parser of package time.
func isDateTime(text string) bool {
	parts := dateTime.FindStringSubmatch(text)
	if parts == nil {
		return false
	}
	year, _ := strconv.Atoi(parts[1])
	month, _ := strconv.Atoi(parts[2])
	day, _ := strconv.Atoi(parts[3])
	return day <= time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// TestTimeGrammar proves that UnmarshalText accepts exactly the texts of RFC
// 3339, even where time.Parse differs.
func TestTimeGrammar(t *testing.T) {
	t.Parallel()
	pick := func(r *rapid.T, label string, good, bad []string) string {
		if rapid.IntRange(0, 7).Draw(r, "good "+label) > 0 {
			return rapid.SampledFrom(good).Draw(r, label)
		}
		return rapid.SampledFrom(bad).Draw(r, label)
	}
	rapid.Check(t, func(r *rapid.T) {
		text := pick(r, "year", []string{"2030", "2024", "1900", "0002", "9998"}, []string{"30", "02030", "+2030", "-2030", "２０３０", ""}) +
			pick(r, "month", []string{"-01-", "-02-", "-12-", "-06-"}, []string{"-1-", "-13-", "-00-", "/01/", "01", "-Jan-", " 01 "}) +
			pick(r, "day", []string{"01", "28", "29", "30", "31"}, []string{"1", "00", "32", "5", "015", " 1"}) +
			pick(r, "separator", []string{"T", "t"}, []string{" ", "", "TT", "_", "Tt", "\u2028"}) +
			pick(r, "hour", []string{"00", "12", "23"}, []string{"24", "1", "25", "-1", " 1"}) +
			pick(r, "minute", []string{":00", ":59"}, []string{":60", ":5", "", "00", "::5"}) +
			pick(r, "second", []string{":00", ":59"}, []string{":60", ":61", ":5", "", "00"}) +
			pick(r, "fraction", []string{"", ".0", ".123456789", ".1234567890123456789"}, []string{",5", ".", ".5.5", ".-5", ".5e1", "\u066b5"}) +
			pick(r, "zone", []string{"Z", "z", "+00:00", "-00:00", "+23:59", "-12:30"}, []string{"", "+24:00", "+00:60", "+0100", "+1:00", "UTC", "Z0", " Z", "+01", "-99:99", "[Europe/Berlin]"})
		var at model.Time
		err := at.UnmarshalText([]byte(text))
		if want := isDateTime(text); (err == nil) != want {
			r.Fatalf("%q: %v, want it read: %t", text, err, want)
		}
		if err == nil {
			std, err := time.Parse(time.RFC3339Nano, strings.ToUpper(text))
			if err != nil || at != model.NewTime(std) {
				r.Fatalf("%q is %s, want %s, %v", text, at, std, err)
			}
		}
		var in struct{ At model.Time }
		body, _ := json.Marshal(map[string]string{"At": text}) //nolint:errchkjson // strings
		if again := json.Unmarshal(body, &in); (again == nil) != (err == nil) || in.At != at {
			r.Fatalf("%q in JSON: %v, and as text: %v", text, again, err)
		}
	})
}

func TestTime(t *testing.T) {
	t.Parallel()
	var a model.Time
	if err := a.UnmarshalText([]byte("2026-03-29T03:30:00.1234567+02:00")); err != nil {
		t.Fatal(err)
	}
	if got, want := a.String(), "2026-03-29T01:30:00.123456Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	v, err := a.Value()
	if err != nil {
		t.Fatal(err)
	}
	var b model.Time
	if err := b.Scan(v); err != nil || b != a {
		t.Errorf("scan %v: %v, %v; want %v", v, b, err, a)
	}
	for text, ok := range map[string]bool{
		"yesterday":                 false,
		"9999-12-31T23:59:59Z":      true,
		"9999-12-31T23:59:59-01:00": false, // 10000 in UTC
		"0001-01-01T00:00:00Z":      true,
		"0001-01-01T00:00:00+01:00": false,
		"0000-06-01T00:00:00Z":      false,
	} {
		if err := b.UnmarshalText([]byte(text)); (err == nil) != ok {
			t.Errorf("%s: %v, want it accepted: %t", text, err, ok)
		}
	}
}

func TestTimeScan(t *testing.T) {
	t.Parallel()
	const want = "2026-03-29T01:30:00.123456Z"
	for _, src := range []any{
		"2026-03-29 01:30:00.123456+00:00", []byte("2026-03-29 03:30:00.123456+02:00"),
		time.Date(2026, 3, 29, 3, 30, 0, 123456789, time.FixedZone("", 7200)),
	} {
		var got model.Time
		if err := got.Scan(src); err != nil || got.String() != want {
			t.Errorf("%v: got %s, %v; want %s", src, got, err, want)
		}
	}
	for _, src := range []any{1, nil, "yesterday", []byte("yesterday")} {
		var got model.Time
		if err := got.Scan(src); err == nil || !got.IsZero() {
			t.Errorf("%v: got %s, %v; want an error", src, got, err)
		}
	}
}
