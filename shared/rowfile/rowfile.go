// Package rowfile reads and writes files of rows: CSV (RFC 4180) and NDJSON,
// one JSON object a line. The caller defines the columns. A Reader reads the
// same values that a Writer wrote.
package rowfile

import (
	"regexp"
	"strings"
)

// The formats.
const (
	CSV    = "csv"
	NDJSON = "ndjson"
)

// The limits of a file. Beyond the first two, the file is refused; beyond the
// third, the row is.
const (
	// MaxRow is the largest size of a row, in bytes. The empty lines between
	// two rows together have the same limit.
	MaxRow = 1 << 20
	// MaxColumns is the largest number of cells in a CSV's row, and of members
	// in an NDJSON object.
	MaxColumns = 4096
	// MaxFaults is the largest number of reported faults of one row.
	MaxFaults = 100
)

// formula matches a cell that a spreadsheet would compute, after any number of
// apostrophes (OWASP, CSV injection). Some spreadsheets drop leading spaces and
// controls, and treat full-width signs like the others.
var formula = regexp.MustCompile(`^'*(?:[\t\r\n]|[\x00-\x20\x7f\x{85}\p{Z}\p{Cf}]*[=+\-@＝＋－＠])`)

// Neutral puts an apostrophe before cell if a spreadsheet would compute it.
func Neutral(cell string) string {
	if formula.MatchString(cell) {
		return "'" + cell
	}
	return cell
}

// plain is the inverse of Neutral.
func plain(cell string) string {
	if strings.HasPrefix(cell, "'") && formula.MatchString(cell) {
		return cell[1:]
	}
	return cell
}
