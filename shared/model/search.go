package model

import (
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// SearchKey is text as search compares it: Unicode NFKC, case folded. It is
// computed here, and not by the database, so that both dialects find the same.
func SearchKey(text string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(text)))
}
