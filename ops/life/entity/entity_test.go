package entity_test

import (
	"context"
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/ops/life/entity"
)

const module = "example.com/shop"

// every has a field of each kind.
var every = []string{
	"code:string:unique", "name:string", "phone:string?", "notes:text?", "body:text", "count:int", "rank:int:unique?", "weight:number?",
	"urgent:bool", "due:time?", "sent_on:time", "extra:json", "state:enum(open,done)", "company:ref", "owner:ref(people)?",
}

func parse(t *testing.T, name string, fields ...string) entity.Entity {
	t.Helper()
	e, err := entity.Parse(module, name, "", fields)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestWrittenFiles holds the files of an entity to those in testdata.
func TestWrittenFiles(t *testing.T) {
	t.Parallel()
	e := parse(t, "web-page", every...)
	others := map[string]entity.Other{
		"companies": {Package: "companies", Path: "companies", Required: []entity.Member{{Name: "name", Value: `"Row %d"`}, {Name: "owner_id", Table: "people"}}},
		"people":    {Package: "people", Path: "people", Required: []entity.Member{{Name: "name", Value: `"Row %d"`}}},
	}
	for name, got := range map[string][]byte{
		"webpages.go.txt": e.Declaration(), "webpages_test.go.txt": e.Test(others), "web-pages.tsx.txt": e.Page(),
		"postgres.up.sql": e.Up("postgres"), "sqlite.up.sql": e.Up("sqlite"),
	} {
		file := filepath.Join("testdata", name)
		want, err := os.ReadFile(file)
		if os.Getenv("UPDATE") != "" {
			want, err = got, os.WriteFile(file, got, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (UPDATE=1 writes it):\n%s", file, diff)
		}
	}
	for dialect, want := range map[string]string{"postgres": "DROP TABLE web_pages;\n", "sqlite": "DROP TABLE web_pages_search;\nDROP TABLE web_pages;\n"} {
		if got := string(e.Down(dialect)); got != want {
			t.Errorf("down on %s is %q", dialect, got)
		}
	}
}

func TestPlurals(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"customer": "customers", "company": "companies", "day": "days", "box": "boxes", "match-up": "match_ups", "branch": "branches"} {
		if got := parse(t, name, "name:string").Table(); got != want {
			t.Errorf("several of %s are %s, want %s", name, got, want)
		}
	}
}

func TestNamesOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, field, want string }{
		{"Customer", "name:string", "use small letters and digits"},
		{"customer", "", "has no field"},
		{"customer", "name", "is no field: write name:type"},
		{"customer", "name:varchar", "the types are string, text"},
		{"customer", "Name:string", "is no name of a field"},
		{"customer", "id:int", "a member or a parameter that every entity has"},
		{"customer", "search_text:string", "every entity has"},
		{"customer", "limit:int", "every entity has"},
		{"customer", "order:int", "a word of SQL or Go"},
		{"customer", "func:string", "a word of SQL or Go"},
		{"customer", "a:text:unique", "only string and int can be"},
		{"customer", "a:json?", "json has a value always"},
		{"customer", "a:enum", `has the value ""`},
		{"customer", "a:enum(x,Y)", `has the value "Y"`},
		{"customer", "a:int(3)", "only enum and ref have them"},
		{strings.Repeat("a", 50), "name:string", "names of indexes have room"},
	} {
		var fields []string
		if test.field != "" {
			fields = []string{test.field}
		}
		_, err := entity.Parse(module, test.name, "", fields)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s: the error is %v, want %q", test.name, test.field, err, test.want)
		}
	}
	for plural, want := range map[string]string{"table": "is a word of SQL", "deer": "is its own plural", "var": "is a word of SQL"} {
		name := "x"
		if plural == "deer" {
			name = "deer"
		}
		if _, err := entity.Parse(module, name, plural, []string{"name:string"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the plural %s: the error is %v, want %q", plural, err, want)
		}
	}
	if _, err := entity.Parse(module, "customer", "", []string{"a:int", "a:string"}); err == nil || !strings.Contains(err.Error(), "two fields a") {
		t.Errorf("two equal fields: %v", err)
	}
}

const productGo = `package api

import (
	"example.com/shop/api/internal/cache"
	"example.com/shop/api/internal/rest"
)

var cachedKinds = []cache.Kind{}

// registerProduct registers the operations of the product.
func registerProduct(api *rest.API, p Product) {
}

const after = 1
`

func TestListsOfTheProductGainTheEntity(t *testing.T) {
	t.Parallel()
	file := []byte(productGo)
	for _, name := range []string{"customer", "web-page"} {
		var err error
		if file, err = parse(t, name, "name:string").AddToAPI(file); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		`var cachedKinds = []cache.Kind{"customers", "web-pages"}`, `"example.com/shop/api/internal/webpages"`,
		"\tcustomers.Resource().Serve(api, p.Deps)", "\twebpages.Resource().Serve(api, p.Deps)", "const after = 1",
	} {
		if strings.Count(string(file), want) != 1 {
			t.Errorf("there is not one %q in:\n%s", want, file)
		}
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "product.go", file, 0); err != nil {
		t.Error(err)
	}
	e := parse(t, "web-page", "name:string")
	pages, err := e.AddToPages([]byte("export const product: readonly Part[] = [\n];\n\nrest\n"))
	want := "export const product: readonly Part[] = [\n  {\n    name: 'web-pages',\n    noun: 'web page',\n    title: 'Web pages',\n" +
		"    entity: () => import('./web-pages/web-pages').then((m) => m.webPages),\n  },\n];\n\nrest\n"
	if err != nil || string(pages) != want {
		t.Errorf("the pages are %s, %v", pages, err)
	}
	number, err := entity.RaiseSchema([]byte("const product = \"0001\"\n"), "0002")
	if err != nil || string(number) != "const product = \"0002\"\n" {
		t.Errorf("the schema is %s, %v", number, err)
	}
	for _, err := range []error{
		second(e.AddToAPI([]byte("package api\n"))), second(e.AddToPages(nil)), second(entity.RaiseSchema(nil, "0002")),
	} {
		if err == nil || !strings.Contains(err.Error(), "has another form") {
			t.Errorf("another form: %v", err)
		}
	}
}

func second(_ []byte, err error) error { return err }

func TestDeclarationIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	e := parse(t, "web-page", every...)
	got, err := entity.Read("x.go", e.Declaration())
	if err != nil {
		t.Fatal(err)
	}
	want := entity.Other{Package: "webpages", Required: []entity.Member{
		{Name: "code", Value: `"Row %d"`}, {Name: "name", Value: `"Row %d"`}, {Name: "count", Value: "%d"},
		{Name: "sent_on", Value: `"2031-01-0%dT00:00:00Z"`}, {Name: "company_id", Value: "%d", Table: "companies"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := entity.Read("x.go", []byte("package x\n")); err == nil {
		t.Error("a file without an entity is read")
	}
}

// TestEntityCompilesInThisProduct compiles the API with an entity of all types of fields. An overlay adds its files, so
// the repository stays as it is.
func TestEntityCompilesInThisProduct(t *testing.T) {
	t.Parallel()
	api, err := filepath.Abs("../../../api")
	if err != nil {
		t.Fatal(err)
	}
	parts := filepath.Join(api, "product.go")
	file, err := os.ReadFile(parts)
	if err != nil {
		t.Fatal(err)
	}
	fields := slices.DeleteFunc(slices.Clone(every), func(field string) bool { return strings.Contains(field, ":ref") })
	e, err := entity.Parse("github.com/fualab/fualab", "web-page", "", fields)
	if err != nil {
		t.Fatal(err)
	}
	file, err = e.AddToAPI(file)
	if err != nil {
		t.Fatal(err)
	}
	dir, replace := t.TempDir(), map[string]string{}
	for path, text := range map[string][]byte{parts: file, filepath.Join(api, "internal", e.Package(), e.Package()+".go"): e.Declaration()} {
		replace[path] = filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(replace[path], text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(name, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay", name, ".")
	cmd.Dir = api
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
