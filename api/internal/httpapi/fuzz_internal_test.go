package httpapi

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/store"
	"github.com/fualab/fualab/shared/model"
)

// FuzzCursor: what is taken for a cursor is one, and means the same when it
// comes back; nothing else gets past.
func FuzzCursor(f *testing.F) {
	digest := []byte("digest")
	for _, column := range []string{"id", "name", "created_at"} {
		f.Add(encodeCursor(store.Position{ID: 7, Key: "a name"}, digest), column)
		f.Add(encodeCursor(store.Position{ID: 1 << 62, Key: model.Time{}, Before: true}, digest), column)
	}
	f.Add("", "id")
	f.Add("e30", "name")
	f.Add("!", "updated_at")
	f.Fuzz(func(t *testing.T, text, column string) {
		at, err := decodeCursor(text, digest, column)
		if err != nil {
			if err.Error() == "" || at != nil {
				t.Errorf("a refusal without a word: %v", at)
			}
			return
		}
		again, err := decodeCursor(encodeCursor(*at, digest), digest, column)
		if err != nil {
			t.Fatalf("%q became what is no cursor: %v", text, err)
		}
		if diff := cmp.Diff(at, again, cmp.Comparer(func(a, b model.Time) bool { return a.String() == b.String() })); diff != "" {
			t.Errorf("%q (-first +again):\n%s", text, diff)
		}
		if _, err := decodeCursor(text, []byte("others"), column); err == nil {
			t.Errorf("%q is taken with another query", text)
		}
	})
}

// FuzzETags: a list of tags holds the current one exactly if one of its
// members is that.
func FuzzETags(f *testing.F) {
	for _, header := range []string{"", "*", `"1.0"`, `W/"1.0"`, `"0.0", "1.0"`, ",,", `"1`, `"1.`, `"12.0"`, "\x00"} {
		f.Add(header, int64(1))
	}
	f.Fuzz(func(t *testing.T, header string, version int64) {
		item := &model.Item{Version: version}
		all := slices.Collect(tags(header))
		for _, tag := range all {
			if tag == "" || strings.ContainsRune(tag, ',') || strings.TrimSpace(tag) != tag {
				t.Errorf("%q has the tag %q", header, tag)
			}
		}
		current := etag(item)
		if want := slices.Contains(all, "*") || slices.Contains(all, current) || slices.Contains(all, "W/"+current); noneMatch(header, current) != want {
			t.Errorf("If-None-Match %q and %s: %t, want %t", header, current, !want, want)
		}
		if slices.Contains(all, current) && requireMatch(header, item) != nil {
			t.Errorf("If-Match %q does not match %s", header, current)
		}
	})
}

// FuzzPatch: a merge patch is refused, or gives an item that could have been
// created so.
func FuzzPatch(f *testing.F) {
	for _, body := range []string{
		`{}`, `{"name":"x"}`, `{"name":null}`, `{"description":null,"attributes":{"a":null}}`, `{"attributes":{"a":{"b":[1.50,null]}}}`,
		`{"attributes":null,"expires_at":"2030-01-31T12:00:00.1234567+02:00"}`, `{"expires_at":null}`, `{"name":"\u0000"}`, `[]`, `null`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var patch itemPatch
		if json.Unmarshal([]byte(body), &patch) != nil {
			return
		}
		attributes, err := model.ParseAttributes([]byte(`{"a":{"c":1},"z":2}`))
		if err != nil {
			t.Fatal(err)
		}
		before := model.ItemFields{Name: "before", Description: "d", Attributes: attributes}
		after, err := patch.apply(before)
		if err != nil {
			return
		}
		if strings.TrimSpace(after.Name) == "" && after.Name != before.Name {
			t.Errorf("%s made the name %q", body, after.Name)
		}
		if _, err := model.ParseAttributes([]byte(after.Attributes)); err != nil {
			t.Errorf("%s made attributes that are none: %v", body, err)
		}
	})
}
