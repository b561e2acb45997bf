// Package text derives from an item's name what identifies it to people and
// to machines.
package text

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/gosimple/slug"
	"golang.org/x/text/unicode/norm"

	"github.com/fualab/fualab/shared/model"
)

// MaxSlug bounds a slug, in bytes.
const MaxSlug = 80

// fingerprintBytes is the length of a fingerprint before it is written in
// hexadecimal: at 128 bits no two names of any real table meet by chance.
const fingerprintBytes = 16

// Slug returns name in lower-case ASCII letters, digits, underscores and
// single dashes, transliterated from any script, for use in a URL. A name of
// which nothing remains, such as one of emoji only, gives item-<id>. Slugs are
// not unique.
func Slug(name string, id int64) string {
	// Compatibility forms first: the library knows ligatures and accents, but
	// neither styled letters nor circled digits.
	s := slug.Make(norm.NFKC.String(name))
	if len(s) > MaxSlug {
		s = cut(s)
	}
	if s == "" {
		return "item-" + strconv.FormatInt(id, 10)
	}
	return s
}

// cut shortens s to MaxSlug, after a whole word unless that leaves less than
// half.
func cut(s string) string {
	if end := strings.LastIndexByte(s[:MaxSlug+1], '-'); end > MaxSlug/2 {
		s = s[:end]
	}
	return strings.TrimRight(s[:min(len(s), MaxSlug)], "-_")
}

// Fingerprint returns the same 32 hexadecimal digits for names that a person
// takes for the same: they differ at most in case, white space and Unicode
// compatibility forms. Its column is an index of duplicates, so a change here
// needs every item enriched again.
func Fingerprint(name string) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(model.SearchKey(name)), " ")))
	return hex.EncodeToString(sum[:fingerprintBytes])
}
