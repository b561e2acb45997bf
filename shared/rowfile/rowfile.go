// Package rowfile reads and writes files of rows: CSV (RFC 4180) and NDJSON,
// one JSON object a line. Its callers say which columns a row has. A Reader
// reads the same values that a Writer wrote.
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

// The limits of a file. A file beyond the first two is refused, and of the third the row.
const (
	// MaxRow bounds a row, in bytes. Empty lines between two rows have the same bound together.
	MaxRow = 1 << 20
	// MaxColumns bounds the cells of a CSV's row and the members of an NDJSON object.
	MaxColumns = 4096
	// MaxFaults bounds the faults that are told of one row.
	MaxFaults = 100
)

// formula is a cell that a spreadsheet would compute, behind any number of
// apostrophes (OWASP, CSV injection): some drop leading spaces and controls, and
// take full-width signs for the others.
var formula = regexp.MustCompile(`^'*(?:[\t\r\n]|[\x00-\x20\x7f\x{85}\p{Z}\p{Cf}]*[=+\-@＝＋－＠])`)

// Neutral returns cell behind an apostrophe if a spreadsheet would compute it.
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
