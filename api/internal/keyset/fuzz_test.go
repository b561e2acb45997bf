package keyset_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/keyset"
	"github.com/fualab/fualab/shared/model"
)

// FuzzCursor proves that a text is refused, or is a position that its link
// repeats.
func FuzzCursor(f *testing.F) {
	query, other := url.Values{"sort": {"name"}}, url.Values{"sort": {"id"}}
	for _, o := range orders {
		f.Add(o.Cursor(keyset.Position{ID: 7, Before: true}, query))
		f.Add(o.Cursor(keyset.Position{ID: 1 << 62, Key: "a name"}, query))
		f.Add(o.Cursor(keyset.Position{ID: 1, Key: "2026-01-02T03:04:05.678901Z"}, query))
		f.Add(o.Cursor(keyset.Position{ID: 1, Key: int64(-1)}, query))
	}
	f.Add("e30")
	f.Add("!")
	f.Fuzz(func(t *testing.T, text string) {
		for _, o := range orders {
			at, err := o.Position(text, query)
			if err != nil || at == nil {
				if at != nil || text == "" != (err == nil) {
					t.Errorf("%q: a refusal with a position, or neither: %v, %v", text, at, err)
				}
				continue
			}
			again, err := o.Position(o.Cursor(*at, query), query)
			if err != nil {
				t.Fatalf("%q became a text that is no cursor: %v", text, err)
			}
			if diff := cmp.Diff(at, again, cmp.Comparer(func(a, b model.Time) bool { return a.String() == b.String() })); diff != "" {
				t.Errorf("%q (-first +again):\n%s", text, diff)
			}
			if _, err := o.Position(text, other); err == nil {
				t.Errorf("%q is taken with another query", text)
			}
		}
	})
}
