package rest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fualab/fualab/api/internal/cache"
)

// FuzzETags proves that a list matches the current tag exactly if one of its
// members equals it.
func FuzzETags(f *testing.F) {
	for _, header := range []string{"", "*", `"1.0"`, `W/"1.0"`, `"0.0", "1.0"`, ",,", `"1`, `"1.`, `"12.0"`, "\x00"} {
		f.Add(header, int64(1))
	}
	f.Fuzz(func(t *testing.T, header string, version int64) {
		all := slices.Collect(tags(header))
		for _, tag := range all {
			if tag == "" || strings.ContainsRune(tag, ',') || strings.TrimSpace(tag) != tag {
				t.Errorf("%q has the tag %q", header, tag)
			}
		}
		current := ETag(cache.Version{Number: version, Epoch: "a1"})
		if want := slices.Contains(all, "*") || slices.Contains(all, current) || slices.Contains(all, "W/"+current); NoneMatch(header, current) != want {
			t.Errorf("If-None-Match %q and %s: %t, want %t", header, current, !want, want)
		}
		if slices.Contains(all, current) && !Match(header, current) {
			t.Errorf("If-Match %q does not match %s", header, current)
		}
	})
}

// FuzzKey proves that an accepted Idempotency-Key does not change when it is
// sent in quotes.
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

// FuzzBearer proves that a token has neither spaces around it nor a scheme
// before it.
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
