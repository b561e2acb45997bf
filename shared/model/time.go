// Package model has the records that the API and the worker share, and their
// rules.
package model

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Time is an instant in UTC with microseconds, the precision of both dialects.
// JSON (RFC 3339) and the database have always six digits.
type Time struct{ t time.Time }

const (
	jsonTime = "2006-01-02T15:04:05.000000Z"
	sqlTime  = "2006-01-02 15:04:05.000000+00:00"
)

// NewTime truncates t to microseconds and converts it to UTC.
func NewTime(t time.Time) Time { return Time{t.UTC().Truncate(time.Microsecond)} }

// Std returns t as a time.Time in UTC.
func (t Time) Std() time.Time { return t.t }

// YearsExpected is the message for an instant that is not Representable.
const YearsExpected = "must lie in the years 1 to 9999, in UTC"

// Representable reports whether t is in the years 1 to 9999, in UTC. RFC 3339
// has no other years, and the dialects disagree about them.
func (t Time) Representable() bool { return t.t.Year() >= 1 && t.t.Year() <= 9999 }

// IsZero reports whether t is the zero time.
func (t Time) IsZero() bool { return t.t.IsZero() }

func (t Time) String() string { return t.t.Format(jsonTime) }

// MarshalText writes RFC 3339.
func (t Time) MarshalText() ([]byte, error) { return t.t.AppendFormat(nil, jsonTime), nil }

// rfc3339 is the grammar of RFC 3339, section 5.6. time.Parse accepts more: an
// hour of one digit, a comma instead of the point, offsets of 24 hours. As the
// RFC says, letters may be lower case. The separator is T, not a space.
var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$`)

// UnmarshalText reads a date-time of RFC 3339 in any zone and precision, if the
// instant is Representable. It refuses leap seconds, because the clocks have
// none. All times from clients pass here.
func (t *Time) UnmarshalText(text []byte) error {
	const expected = "must be a date and time as in RFC 3339, such as 2030-01-31T12:00:00Z"
	if !rfc3339.Match(text) {
		return errors.New(expected)
	}
	parsed, err := time.Parse(time.RFC3339Nano, strings.ToUpper(string(text)))
	if err != nil {
		return errors.New(expected)
	}
	read := NewTime(parsed)
	if !read.Representable() {
		return errors.New(YearsExpected)
	}
	*t = read
	return nil
}

// Value is the SQL literal for either dialect. SQLite compares it as text; the
// fixed width makes that the order of time.
func (t Time) Value() (driver.Value, error) { return t.t.Format(sqlTime), nil }

// Scan reads the value from either driver.
func (t *Time) Scan(src any) error {
	switch v := src.(type) {
	case time.Time:
		*t = NewTime(v)
	case string:
		return t.scanText(v)
	case []byte:
		return t.scanText(string(v))
	default:
		return fmt.Errorf("scan a time: unexpected %T", src)
	}
	return nil
}

func (t *Time) scanText(s string) error {
	parsed, err := time.Parse("2006-01-02 15:04:05.999999Z07:00", s)
	if err != nil {
		return fmt.Errorf("scan a time: %w", err)
	}
	*t = NewTime(parsed)
	return nil
}
