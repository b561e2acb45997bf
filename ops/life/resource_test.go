package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lists are the files of a product that an entity is added to.
var lists = files{
	apiParts: "package api\n\nimport (\n\t\"github.com/seedling/seedling/api/internal/cache\"\n)\n\nvar cachedKinds = []cache.Kind{}\n\n" +
		"func registerProduct(api *rest.API, p Product) {\n}\n",
	pageParts:                     "export const product: readonly Part[] = [\n];\n",
	newestTable:                   "package schema\n\nconst product = \"0000\"\n",
	tables:                        "CREATE TABLE schedules (\n",
	"api/openapi.json":            "{\"paths\": {\"/api/runs\": {}}, \"schemas\": {\"Problem\": {}}}\n",
	"api/internal/cache/cache.go": "package cache\n",
}

func TestResourceWritesEntity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.commit(w.platform, lists)
	dir := w.clone()
	_, err := w.try(dir, "resource", "customer", "name:string", "company:ref")
	failed(t, err, "declares no entity with the table companies: add that one first")
	has(t, w.life(dir, "resource", "-dry-run", "company", "name:string"), "write  api/internal/companies/companies.go", "change api/product.go")
	if got := w.git(dir, "status", "--porcelain"); got != "" {
		t.Errorf("-dry-run wrote %s", got)
	}
	w.life(dir, "resource", "company", "name:string")
	out := w.life(dir, "resource", "customer", "email:string:unique", "phone:string?", "company:ref", "notes:text?")
	for _, file := range []string{
		"api/internal/customers/customers.go", "api/internal/customers/customers_test.go", "frontend/src/customers/customers.tsx",
		"api/migrations/product/postgres/0002_customers.tx.up.sql", "api/migrations/product/postgres/0002_customers.tx.down.sql",
		"api/migrations/product/sqlite/0002_customers.tx.up.sql", "api/migrations/product/sqlite/0002_customers.tx.down.sql",
	} {
		has(t, out, "write  "+file)
		w.read(dir, file)
	}
	has(t, w.read(dir, newestTable), `"0002"`)
	has(t, w.read(dir, "api/internal/customers/customers_test.go"), `create("/api/companies", map[string]any{"name": "Row 1"})`)
}

func TestResourceRefusesNamesThatArePresent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.commit(w.platform, lists)
	dir := w.clone()
	for _, test := range []struct{ args, want string }{
		{"", "it needs the name of an entity"},
		{"customer", "has no field"},
		{"-plural cache customer name:string", "api/internal/cache is there already"},
		{"schedule name:string", "there is a table schedules already"},
		{"run name:string", "the API has the path /api/runs already"},
		{"problem name:string", "the API has the component Problem already"},
	} {
		_, err := w.try(dir, append([]string{"resource"}, strings.Fields(test.args)...)...)
		failed(t, err, test.want)
	}
	w.write(dir, files{"api/migrations/product/sqlite/0001_customers.tx.up.sql": "mine\n"})
	w.life(dir, "resource", "customer", "name:string")
	has(t, w.read(dir, "api/migrations/product/sqlite/0001_customers.tx.up.sql"), "mine")
	w.read(dir, "api/migrations/product/sqlite/0002_customers.tx.up.sql")
	// Nothing is written where one file is there, or a list has another form.
	w.write(dir, files{apiParts: "package api\n"})
	_, err := w.try(dir, "resource", "order-line", "name:string")
	failed(t, err, "api/product.go has another form: add \"order-lines\" to the cachedKinds")
	if _, err := os.Stat(filepath.Join(dir, "api/internal/orderlines")); err == nil {
		t.Error("a refused entity left files")
	}
}
