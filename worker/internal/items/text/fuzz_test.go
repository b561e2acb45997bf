package text_test

import (
	"regexp"
	"testing"
	"unicode/utf8"

	"github.com/fualab/fualab/worker/internal/items/text"
)

var slugForm = regexp.MustCompile(`^[a-z0-9_]+(-[a-z0-9_]+)*$`)

// FuzzNames proves that every name has a slug that fits into a path, and a
// fingerprint that is its own fingerprint.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"Sample", "Zoë 😀", "ﬀ ß Ā", "", "--", "日本語", "a\x00b", "\xff", "z\u0301", "İ"} {
		f.Add(name, int64(7))
	}
	f.Fuzz(func(t *testing.T, name string, id int64) {
		if id < 1 || !utf8.ValidString(name) {
			return // no item has such a name
		}
		if slug := text.Slug(name, id); !slugForm.MatchString(slug) || len(slug) > text.MaxSlug {
			t.Errorf("%q has the slug %q", name, slug)
		}
		if text.Fingerprint(name) == "" {
			t.Errorf("%q has no fingerprint", name)
		}
	})
}
