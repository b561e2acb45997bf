// Package testcircle checks the three circles of a module: the kit, the platform
// and the product. Imports point inwards only, and the two inner circles do not
// name the product's entities.
package testcircle

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const repository = "github.com/fualab/fualab/"

// Circles assigns packages and files to circles. Paths begin at the root of the
// repository: worker/internal/items. A directory includes all files below it.
// All other files belong to the platform.
type Circles struct {
	Kit     []string
	Product []string
	Words   []string // the product's nouns, in singular and lower case
	Except  []string // files that may contain the words
}

// Check checks all Go files of a module, tests included. root is the module's
// directory.
func (c Circles) Check(t *testing.T, module, root string) {
	t.Helper()
	words := nouns(c.Words)
	files, all := 0, os.DirFS(root)
	err := fs.WalkDir(all, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(file) != ".go" {
			return err
		}
		files++
		name := path.Join(module, file)
		from := c.circle(name)
		if from == product {
			return nil
		}
		text, err := fs.ReadFile(all, file)
		if err != nil {
			return err
		}
		for _, imported := range imports(t, name, text) {
			if to := c.circle(imported); to > from {
				t.Errorf("%s is of the %s and imports %s of the %s", name, from, imported, to)
			}
		}
		if within(name, c.Except) {
			return nil
		}
		for i, line := range strings.Split(string(text), "\n") {
			if words.MatchString(line) {
				t.Errorf("%s:%d is of the %s and names the product: %s", name, i+1, from, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Errorf("read %d files of %s: %v", files, module, err)
	}
}

// circle is a circle; a smaller one is further inside.
type circle int

const (
	kit circle = iota
	platform
	product
)

func (c circle) String() string { return [...]string{"kit", "platform", "product"}[c] }

func (c Circles) circle(name string) circle {
	switch {
	case within(name, c.Product):
		return product
	case within(name, c.Kit):
		return kit
	default:
		return platform
	}
}

// within reports whether name is one of paths, or below one.
func within(name string, paths []string) bool {
	for _, p := range paths {
		if rest, ok := strings.CutPrefix(name, p); ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}

// imports returns the repository's packages that a file imports.
func imports(t *testing.T, name string, text []byte) (all []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return nil
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
		}
		if p, ok := strings.CutPrefix(imported, repository); ok {
			all = append(all, p)
		}
	}
	return all
}

// nouns finds the words in all spellings of Go and SQL: item, items,
// item_events, itemOf, OfItem, ITEM_DAYS; not omitempty.
func nouns(words []string) *regexp.Regexp {
	var parts []string
	for _, w := range words {
		parts = append(parts,
			`(?:^|[^A-Za-z])`+w+`s?(?:[^a-z]|$)`,
			strings.ToUpper(w[:1])+w[1:]+`s?(?:[^a-z]|$)`,
			`(?:^|[^A-Za-z])`+strings.ToUpper(w)+`S?(?:[^A-Za-z]|$)`)
	}
	return regexp.MustCompile(strings.Join(parts, "|"))
}
