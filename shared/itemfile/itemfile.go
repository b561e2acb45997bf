// Package itemfile reads and writes files of items: CSV (RFC 4180) and NDJSON,
// one JSON object a line. What a Writer writes, a Reader reads back the same.
//
// The columns are external_id, name, description, attributes (a JSON object),
// expires_at and created_at. Ids, and what the worker derives, are a platform's
// own.
package itemfile

import (
	"regexp"
	"strings"
)

// The formats.
const (
	CSV    = "csv"
	NDJSON = "ndjson"
)

// The columns that are no attributes.
const (
	ExternalID  = "external_id"
	Name        = "name"
	Description = "description"
	Attributes  = "attributes"
	ExpiresAt   = "expires_at"
	CreatedAt   = "created_at"
)

// columns are all of them, as they are written.
var columns = []string{ExternalID, Name, Description, Attributes, ExpiresAt, CreatedAt}

// formula is a cell that a spreadsheet would compute, behind any number of
// apostrophes (OWASP, CSV injection).
var formula = regexp.MustCompile(`^'*[=+\-@\t\r\n]`)

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
