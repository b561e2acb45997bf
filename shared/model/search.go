package model

import (
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// SearchKey is the form of text for searches: Unicode NFKC, case folded. Go
// computes it instead of the database, so that searches agree on both dialects.
func SearchKey(text string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(text)))
}
