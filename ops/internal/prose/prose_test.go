package prose

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../../.."

// TestRepository holds the repository's prose to the limit.
func TestRepository(t *testing.T) {
	t.Parallel()
	files, err := Files(root)
	if err != nil {
		t.Fatal(err)
	}
	sums := map[Kind]Count{}
	for _, f := range files {
		c := sums[f.Kind]
		sums[f.Kind] = Count{c.Words + f.Words, c.Turns + f.Turns}
	}
	for _, kind := range []Kind{Go, GoTests, TypeScript, Markdown, Scripts} {
		c := sums[kind]
		if c.Words == 0 {
			t.Errorf("%s: no word was found", kind)
		}
		if c.Rate() <= Limit {
			continue
		}
		t.Errorf("%s: %d hard turns in %d words, %.1f for 1,000; at most %d. Name the thing instead of \"what\" or \"who\". Most are in:\n%s",
			kind, c.Turns, c.Words, c.Rate(), Limit, worst(files, kind))
	}
}

// worst lists the ten files of a kind with the most turns.
func worst(files []File, kind Kind) string {
	of := slices.DeleteFunc(slices.Clone(files), func(f File) bool { return f.Kind != kind })
	slices.SortFunc(of, func(a, b File) int { return cmp.Compare(b.Turns, a.Turns) })
	var s strings.Builder
	for _, f := range of[:min(10, len(of))] {
		fmt.Fprintf(&s, "%5d %s\n", f.Turns, f.Name)
	}
	return s.String()
}

func TestOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file, content string
		want          Count
	}{
		"a comment":         {"a.go", "package a\n\n// What c holds, for somebody.\nvar what int\n", Count{5, 2}},
		"a test's":          {"a_test.go", "\t// Whoever asks.\n", Count{2, 1}},
		"a document":        {"a.md", "The row's owner.\n\n```sh\nwhat who\n```\n", Count{3, 0}},
		"a script":          {"a.sh", "# nobody reads this\necho what\n", Count{3, 1}},
		"a generated file":  {"a.d.ts", "// what", Count{}},
		"words within":      {"a.go", "// whatever, somewhat, whom", Count{3, 0}},
		"a page's comments": {"a.tsx", "/**\n * What it is.\n */", Count{3, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got Count
			if kind := KindOf(test.file); kind != "" {
				got = Of(Text(kind, test.content))
			}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// TestGlossary: the glossary has one row for each term, in order, and stays
// short enough to read.
func TestGlossary(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(root + "/ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, glossary, found := strings.Cut(string(page), "\n## Glossary\n")
	if !found {
		t.Fatal("ARCHITECTURE.md has no glossary")
	}
	var terms []string
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+) \| [^|]+ \|$`).FindAllStringSubmatch(glossary, -1) {
		if row[1] != "term" && row[1] != "---" {
			terms = append(terms, row[1])
		}
	}
	if n := len(terms); n < 20 || n > 60 {
		t.Errorf("%d terms; the glossary has from 20 to 60", n)
	}
	if !slices.IsSorted(terms) || len(slices.Compact(slices.Clone(terms))) != len(terms) {
		t.Errorf("terms are not sorted, or one stands twice: %q", terms)
	}
}
