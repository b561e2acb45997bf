package text

import (
	"regexp"
	"strings"
	"testing"
)

func TestSlug(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Sample":                              "sample",
		"  Two  Words ":                       "two-words",
		"Straße":                              "strasse",
		"Привет, мир":                         "privet-mir",
		"Αθήνα":                               "athena",
		"东京タワー":                               "dong-jing-tawa",
		"안녕하세요":                               "annyeonghaseyo",
		"مرحبا بالعالم":                       "mrhb-bl-lm",
		"שלום":                                "shlvm",
		"नमस्ते":                              "nmste",
		"ﬁne ① 𝕳ello":                         "fine-1-hello",
		"cafe\u0301":                          "cafe",
		"😀🎉":                                  "item-7",
		"—":                                   "item-7",
		"../../etc/passwd?x=1#y":              "etc-passwd-x-1-y",
		"a😀b":                                 "ab",
		strings.Repeat("x", 255):              strings.Repeat("x", MaxSlug),
		strings.Repeat("word ", 51):           strings.TrimSuffix(strings.Repeat("word-", 16), "-"),
		strings.Repeat("x", MaxSlug-1) + " y": strings.Repeat("x", MaxSlug-1),
		strings.Repeat("x", MaxSlug) + "-y":   strings.Repeat("x", MaxSlug),
		"a " + strings.Repeat("x", 2*MaxSlug): "a-" + strings.Repeat("x", MaxSlug-2),
		strings.Repeat("ﷺ", 255):              "",
	} {
		got := Slug(name, 7)
		if got != want && want != "" {
			t.Errorf("slug of %q: %q, want %q", name, got, want)
		}
	}
}

var urlSafe = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$`)

func FuzzSlug(f *testing.F) {
	for _, name := range []string{"Sample", "_-_", "ﷺ", "İI ", strings.Repeat("日-", 100), "a\xffb"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if got := Slug(name, 1); len(got) > MaxSlug || !urlSafe.MatchString(got) || strings.Contains(got, "--") {
			t.Errorf("slug of %q: %q", name, got)
		}
	})
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"Sample", "sample", " SAMPLE\t", "Ｓａｍｐｌｅ"},
		{"two words", "Two \n Words", "two\u00a0words", "two\u3000words"},
		{"Straße", "STRASSE", "strasse"},
		{"café", "cafe\u0301", "CAFÉ"},
	} {
		for _, name := range same {
			if got, want := Fingerprint(name), Fingerprint(same[0]); got != want || len(got) != 32 {
				t.Errorf("fingerprint of %q: %s, of %q: %s", name, got, same[0], want)
			}
		}
	}
	if Fingerprint("ab") == Fingerprint("a b") || Fingerprint("café") == Fingerprint("cafe") {
		t.Error("names that differ have one fingerprint")
	}
}
