package httpapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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

// FuzzKey: an Idempotency-Key is refused, or is the same when it is sent in
// quotes.
func FuzzKey(f *testing.F) {
	for _, line := range []string{"", `""`, `"a"`, "a", `"a\"b"`, `"a\\b"`, `"a\c"`, `"a" `, `"a";x=1`, "a,b", "\x00", "ä", strings.Repeat("a", maxKey+1)} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		key, err := parseKey([]string{line})
		if err != nil {
			if key != "" {
				t.Errorf("%q is refused, and is %q", line, key)
			}
			return
		}
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
		if again, err := parseKey([]string{quoted}); err != nil || again != key || len(key) > maxKey {
			t.Errorf("%q is %q, and in quotes %q, %v", line, key, again, err)
		}
	})
}

// FuzzBearer: a token has neither a space around it nor a scheme before it.
func FuzzBearer(f *testing.F) {
	for _, line := range []string{"", "Bearer", "Bearer ", "Bearer x", "bearer  x ", "Basic x", "Bearer a b", "\tBearer x"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		token, err := bearer(http.Header{"Authorization": {line}})
		if (err == nil) != (token != "") {
			t.Errorf("%q: %q, %v", line, token, err)
		}
		if again, err := bearer(http.Header{"Authorization": {"Bearer " + token}}); token != "" && again != token {
			t.Errorf("%q is %q, and then %q, %v", line, token, again, err)
		}
		if _, err := bearer(http.Header{"Authorization": {line, line}}); err == nil {
			t.Errorf("%q is taken twice", line)
		}
	})
}

// FuzzMoment: a time of the query is left out, refused, or one that can be
// told.
func FuzzMoment(f *testing.F) {
	for _, text := range []string{"", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59.9999999Z", "2026-01-02T03:04:05,5Z", "2026-02-30T00:00:00Z"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return
		}
		in := listInput{ItemFilters: ItemFilters{CreatedBefore: moment{Time: at, set: true}}}
		if len(in.faults()) > 0 {
			return
		}
		page, err := in.page()
		if err != nil || page.Filter.CreatedBefore == nil || in.query().Get("created_before") == "" {
			t.Errorf("%q is left out: %+v, %v", text, page, err)
		}
	})
}
