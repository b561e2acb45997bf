package entity

import (
	"bytes"
	"fmt"
	"go/format"
	"regexp"
	"slices"
	"strings"
)

var (
	imports    = regexp.MustCompile(`(?m)^import \(\n`)
	cached     = regexp.MustCompile(`(?m)^var cachedKinds = \[\]cache\.Kind\{([^}\n]*)\}`)
	registered = regexp.MustCompile(`(?ms)^func registerProduct\(.*?\n}\n`)
	parts      = regexp.MustCompile(`(?ms)^export const product: .*?\n];\n`)
	newest     = regexp.MustCompile(`(?m)^const product = "[0-9]{4}"$`)
)

// AddToAPI adds the entity to api/product.go, the list of the API's parts.
func (e Entity) AddToAPI(file []byte) ([]byte, error) {
	line := fmt.Sprintf("\t%s.Resource().Serve(api, p.Deps)\n", e.Package())
	if !imports.Match(file) || !cached.Match(file) || !registered.Match(file) {
		return nil, fmt.Errorf("api/product.go has another form: add %q to the cachedKinds and this line to registerProduct, then leave the entity's files as they are:\n%s", e.Path(), line)
	}
	added := fmt.Sprintf("import (\n\t%q\n", e.Module+"/api/internal/"+e.Package())
	file = imports.ReplaceAllLiteral(file, []byte(added))
	file = cached.ReplaceAllFunc(file, func(old []byte) []byte {
		inner := string(cached.FindSubmatch(old)[1])
		if inner != "" {
			inner += ", "
		}
		return fmt.Appendf(nil, "var cachedKinds = []cache.Kind{%s%q}", inner, e.Path())
	})
	file = registered.ReplaceAllFunc(file, func(old []byte) []byte {
		return slices.Concat(bytes.TrimSuffix(old, []byte("}\n")), []byte(line+"}\n"))
	})
	return format.Source(file)
}

// AddToPages adds the entity to frontend/src/product.ts, the list of the web client's parts.
func (e Entity) AddToPages(file []byte) ([]byte, error) {
	v := e.Variable()
	line := fmt.Sprintf("  {\n    name: '%s',\n    noun: '%s',\n    title: '%s',\n    entity: () => import('./%s/%s').then((m) => m.%s),\n  },\n", e.Path(), e.Name, title(e.Plural), e.Path(), e.Path(), v)
	if !parts.Match(file) {
		return nil, fmt.Errorf("frontend/src/product.ts has another form: add this to its list, then leave the entity's files as they are:\n%s", line)
	}
	return parts.ReplaceAllFunc(file, func(old []byte) []byte {
		return slices.Concat(bytes.TrimSuffix(old, []byte("];\n")), []byte(line+"];\n"))
	}), nil
}

// RaiseSchema writes the number of the product's newest migration into shared/schema/product.go.
func RaiseSchema(file []byte, number string) ([]byte, error) {
	if !newest.Match(file) {
		return nil, fmt.Errorf("shared/schema/product.go has another form: set its constant product to %q", number)
	}
	return newest.ReplaceAllLiteral(file, []byte(`const product = "`+number+`"`)), nil
}

// Created returns the tables that a schema has.
func Created(schema string) map[string]bool {
	tables := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^CREATE (?:VIRTUAL )?TABLE (?:IF NOT EXISTS )?"?([a-z0-9_]+)`).FindAllStringSubmatch(schema, -1) {
		tables[strings.ToLower(found[1])] = true
	}
	return tables
}
