package model

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// SearchKey is the form of text for searches: Unicode NFKC, case folded. Go
// computes it instead of the database, so that searches agree on both dialects.
func SearchKey(text string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(text)))
}

// Visible reports whether text has a character that can be seen. A name needs one.
func Visible(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) })
}
