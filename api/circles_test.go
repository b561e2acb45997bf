package api_test

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The circles of this module, from the inside out. A package may import packages
// of its own circle and of those before it.
const (
	kit      = iota // reusable parts: no record, no route of a product
	platform        // the parts that every product has
	product         // the subject of this product
	program         // joins the others
)

// circles has each package of the module. The other packages that product.go
// imports are the product's.
var circles = map[string]int{
	"contract": kit, "internal/auth": kit, "internal/auth/oidc": kit, "internal/auth/oidc/oidctest": kit, "internal/cache": kit,
	"internal/combine": kit, "internal/epoch": kit, "internal/keyset": kit, "internal/idempotency": kit, "internal/limit": kit, "internal/live": kit,
	"internal/access": kit, "internal/resource": kit, "internal/resource/resourcetest": kit,
	"internal/nudge": kit, "internal/rest": kit, "internal/tx": kit,

	"internal/backup": platform, "internal/console": platform, "internal/transfer": platform, "migrations": platform,

	"internal/client": product,

	".": program, "cmd/fualab-api": program, "command": program, "internal/apitest": program, "internal/doctor": program,
}

// product.go lists the product's parts; the commands export and import are its
// clients.
var namesProduct = []string{"product.go", "command/command.go", "command/export.go", "command/import.go"}

// productWord finds the product's word, also within a name such as ItemFilters or
// item_id.
var productWord = regexp.MustCompile(`(?:^|[^a-z])[Ii]tems?(?:[^a-z]|$)|ITEM|[a-z]Items?(?:[^a-z]|$)`)

// schemaItems are the words of JSON Schema.
var schemaItems = regexp.MustCompile(`\b(?:M(?:ax|in))?Items: +(?:&huma\.Schema|new\()|\b(?:max|min)Items:"`)

// TestImportsPointInwards: kit imports no platform and no product, the platform
// imports no product, and neither contains the product's word.
func TestImportsPointInwards(t *testing.T) {
	t.Parallel()
	const module = "github.com/fualab/fualab/api"
	circles, seen := maps.Clone(circles), map[string]bool{}
	for _, imported := range importsOf(t, "product.go") {
		dir, own := strings.CutPrefix(imported, module+"/")
		if _, placed := circles[dir]; own && !placed {
			circles[dir] = product
		}
	}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		circle, placed := circles[dir]
		if !placed {
			t.Errorf("%s is in no circle", dir)
		}
		seen[dir] = true
		if strings.HasSuffix(path, "_test.go") { // tests drive the whole program
			return nil
		}
		for _, imported := range importsOf(t, path) {
			of, inModule := strings.CutPrefix(imported, module)
			if of = strings.TrimPrefix(of, "/"); inModule && circles[cmp.Or(of, ".")] > circle {
				t.Errorf("%s imports %s, which is of an outer circle", path, imported)
			}
		}
		if circle != product && !slices.Contains(namesProduct, filepath.ToSlash(path)) {
			wordless(t, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range circles {
		if !seen[dir] {
			t.Errorf("%s is in a circle, and has no file", dir)
		}
	}
}

func importsOf(t *testing.T, path string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, spec := range file.Imports {
		all = append(all, unquoted(t, spec))
	}
	return all
}

func unquoted(t *testing.T, spec *ast.ImportSpec) string {
	t.Helper()
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func wordless(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		if productWord.MatchString(schemaItems.ReplaceAllString(line, "")) {
			t.Errorf("%s:%d names the product's subject: %s", path, n, strings.TrimSpace(line))
		}
	}
}

// TestProductWord proves that the word would be found.
func TestProductWord(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"an item": true, "Items are": true, "/api/items/{id}": true, "itemStore": true, "newItem(": true, "allItems": true, "item_id": true, "FUALAB_ITEMS": true,
		"omitempty": false, "limit": false, "EmitEmpty": false, "itemise": false,
	} {
		if got := productWord.MatchString(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
