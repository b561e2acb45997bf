// Package text derives the slug and the fingerprint of an item from its name.
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

// MaxSlug is the largest length of a slug, in bytes.
const MaxSlug = 80

// fingerprintBytes is the length of a fingerprint before its hexadecimal form.
// With 128 bits, no two names of a real table collide by chance.
const fingerprintBytes = 16

// Slug returns name in lower-case ASCII letters, digits, underscores and single
// dashes, for use in a URL. It transliterates any script. If nothing remains of
// name, such as for emoji only, it returns item-<id>. Slugs are not unique.
func Slug(name string, id int64) string {
	// Compatibility forms come first: the library handles ligatures and
	// accents, but neither styled letters nor circled digits.
	s := slug.Make(norm.NFKC.String(name))
	if len(s) > MaxSlug {
		s = cut(s)
	}
	if s == "" {
		return "item-" + strconv.FormatInt(id, 10)
	}
	return s
}

// cut shortens s to MaxSlug, after a whole word unless less than half would
// remain.
func cut(s string) string {
	if end := strings.LastIndexByte(s[:MaxSlug+1], '-'); end > MaxSlug/2 {
		s = s[:end]
	}
	return strings.TrimRight(s[:min(len(s), MaxSlug)], "-_")
}

// Fingerprint returns 32 hexadecimal digits, which are equal for names that
// look the same to a user. Such names differ only in case, white space and
// Unicode compatibility forms. Its column has an index, so a change here needs
// a new enrichment of all items.
func Fingerprint(name string) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(model.SearchKey(name)), " ")))
	return hex.EncodeToString(sum[:fingerprintBytes])
}
