package entity

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// The longest values, in characters.
const (
	longestString = 255
	longestText   = 10_000
)

// Declaration returns the Go file that declares the entity.
func (e Entity) Declaration() []byte {
	var s strings.Builder
	fmt.Fprintf(&s, "// Package %s declares the %s.\npackage %s\n\nimport (\n\t\"%s/api/internal/resource\"\n", e.Package(), e.Plural, e.Package(), e.Module)
	for _, f := range e.Fields {
		if f.Kind == Time || f.Kind == JSON {
			fmt.Fprintf(&s, "\t\"%s/shared/model\"\n", e.Module)
			break
		}
	}
	fmt.Fprintf(&s, ")\n\n// %s is one of the %s, as a client sees it and as the database stores it.\ntype %s struct {\n\tresource.Row\n", e.Component(), e.Plural, e.Component())
	for _, f := range e.Fields {
		fmt.Fprintf(&s, "\t%s %s `%s`\n", member(f.Name), f.goType(), f.tags())
	}
	label := ""
	if e.label().Kind == String {
		label = fmt.Sprintf(", Label: %q", e.label().Name)
	}
	fmt.Fprintf(&s, "}\n\n// Resource returns the declaration of the %s, at /api/%s.\nfunc Resource() *resource.Resource[%s] {\n", e.Plural, e.Path(), e.Component())
	fmt.Fprintf(&s, "\treturn resource.New[%s](resource.Options{Name: %q, Plural: %q%s})\n}\n", e.Component(), e.Name, e.Plural, label)
	return formatted(s.String())
}

// formatted returns Go code in its form. The code is this package's own, so it has one.
func formatted(code string) []byte {
	out, err := format.Source([]byte(code))
	if err != nil {
		panic(fmt.Sprintf("%v in:\n%s", err, code))
	}
	return out
}

func (f Field) goType() string {
	name := map[Kind]string{
		String: "string", Text: "string", Enum: "string", Int: "int64", Ref: "int64", Number: "float64", Bool: "bool",
		Time: "model.Time", JSON: "model.Attributes",
	}[f.Kind]
	if f.Null {
		return "*" + name
	}
	return name
}

// tags returns the tags of the field, which package resource explains.
func (f Field) tags() string {
	tags := []string{"json", f.Name}
	list := map[Kind]string{
		String: "sort,search", Text: "search", Int: "sort,filter,range", Number: "sort,range", Bool: "filter", Time: "sort,range", Enum: "filter", Ref: "filter",
	}[f.Kind]
	switch f.Kind {
	case String:
		tags = append(tags, "minLength", "1", "maxLength", fmt.Sprint(longestString))
		if f.Unique {
			list += ",filter"
		}
	case Text:
		if !f.Null {
			tags = append(tags, "default", "")
		}
		tags = append(tags, "maxLength", fmt.Sprint(longestText))
	case Bool:
		tags = append(tags, "default", "false")
	case Enum:
		tags = append(tags, "enum", strings.Join(f.Values, ","), "default", f.Values[0])
	case Ref:
		tags = append(tags, "references", f.Table)
	case Int, Number, Time, JSON:
	}
	if f.Unique {
		tags = append(tags, "row", "unique")
	}
	if list != "" {
		tags = append(tags, "list", list)
	}
	pairs := make([]string, 0, len(tags)/2)
	for i := 0; i < len(tags); i += 2 {
		pairs = append(pairs, fmt.Sprintf("%s:%q", tags[i], tags[i+1]))
	}
	return strings.Join(pairs, " ")
}

// Test returns the Go file of the entity's test. others are the entities that it refers to, and those that they refer to,
// by table.
func (e Entity) Test(others map[string]Other) []byte {
	m := &maker{others: others, imports: map[string]bool{e.Module + "/api/internal/" + e.Package(): true, e.Module + "/api/internal/resource/resourcetest": true}}
	std, options := "\t\"testing\"\n", ""
	if refs := e.Refs(); len(refs) > 0 {
		std = "\t\"net/http\"\n\t\"testing\"\n"
		values := make([]string, len(refs))
		for i, f := range refs {
			values[i] = fmt.Sprintf("\n\t\t\t%q: %s,", f.Name, m.create(e.Module, f.Table))
		}
		options = fmt.Sprintf(`, resourcetest.Values(
	func(t testing.TB, s *resourcetest.Server) map[string]any {
		t.Helper()
		create := func(path string, body map[string]any) any {
			t.Helper()
			return s.Want(http.StatusCreated, http.MethodPost, path, body).Row(t)["id"]
		}
		return map[string]any{%s
		}
	}%s)`, strings.Join(values, ""), m.served)
	}
	var s strings.Builder
	fmt.Fprintf(&s, "package %s_test\n\nimport (\n%s\n", e.Package(), std)
	for _, path := range sortedKeys(m.imports) {
		fmt.Fprintf(&s, "\t%q\n", path)
	}
	fmt.Fprintf(&s, ")\n\nfunc Test%s(t *testing.T) {\n\tresourcetest.Run(t, %s.Resource()%s)\n}\n", camel(e.Plural), e.Package(), options)
	return formatted(s.String())
}

// An Other is an entity that a new one refers to.
type Other struct {
	Package, Path string
	Required      []Member
}

// A Member is one that a record of an entity must have.
type Member struct {
	Name  string
	Value string // as an expression of Go; %d is another number for each record
	Table string // of a reference, in place of Value
}

// A maker writes the creation of records.
type maker struct {
	others  map[string]Other
	imports map[string]bool
	served  string
	n       int
}

// create returns an expression that creates a record of the table, after those that it refers to, and has its id.
func (m *maker) create(module, table string) string {
	o := m.others[table]
	if path := module + "/api/internal/" + o.Package; !m.imports[path] {
		m.imports[path] = true
		m.served += fmt.Sprintf(", resourcetest.Of(%s.Resource())", o.Package)
	}
	m.n++
	n := m.n
	pairs := make([]string, len(o.Required))
	for i, r := range o.Required {
		value := strings.ReplaceAll(r.Value, "%d", fmt.Sprint(n))
		if r.Table != "" {
			value = m.create(module, r.Table)
		}
		pairs[i] = fmt.Sprintf("%q: %s", r.Name, value)
	}
	return fmt.Sprintf("create(%q, map[string]any{%s})", "/api/"+o.Path, strings.Join(pairs, ", "))
}

// Read returns the entity that a Go file declares, as others refer to it.
func Read(name string, file []byte) (Other, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), name, file, parser.SkipObjectResolution)
	if err != nil {
		return Other{}, err
	}
	o := Other{Package: parsed.Name.Name}
	for node := range ast.Preorder(parsed) {
		fields, ok := node.(*ast.StructType)
		if !ok || !slices.ContainsFunc(fields.Fields.List, func(f *ast.Field) bool { return len(f.Names) == 0 && types.ExprString(f.Type) == "resource.Row" }) {
			continue
		}
		for _, f := range fields.Fields.List {
			if f.Tag == nil {
				continue
			}
			tag := reflect.StructTag(strings.Trim(f.Tag.Value, "`"))
			of := types.ExprString(f.Type)
			_, hasDefault := tag.Lookup("default")
			member, _, _ := strings.Cut(tag.Get("json"), ",")
			if hasDefault || member == "-" || strings.HasPrefix(of, "*") || of == "model.Attributes" ||
				strings.Contains(tag.Get("row"), "derived") || strings.Contains(tag.Get("row"), "computed") {
				continue
			}
			value := map[string]string{"int64": "%d", "float64": "%d.5", "bool": "false", "model.Time": `"2031-01-0%dT00:00:00Z"`}[of]
			if enum := tag.Get("enum"); enum != "" {
				value, _, _ = strings.Cut(enum, ",")
				value = strconv.Quote(value)
			}
			o.Required = append(o.Required, Member{Name: member, Value: cmp.Or(value, `"Row %d"`), Table: tag.Get("references")})
		}
		return o, nil
	}
	return o, fmt.Errorf("%s declares no struct with resource.Row", name)
}
