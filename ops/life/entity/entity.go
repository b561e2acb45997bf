// Package entity writes the files of a new entity: its declaration, its tables, its test and its page, in the smallest
// form. It reads and writes no file itself.
package entity

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// An Entity is a kind of record of the product.
type Entity struct {
	Name   string // in lower case, words with a space between: web page
	Plural string // web pages
	Module string // the path of the Go modules
	Fields []Field
}

// A Field is a value that the records have, beside those that all records have.
type Field struct {
	Name   string // of the member in JSON and of the column: due_on
	Kind   Kind
	Null   bool
	Unique bool
	Values []string // of an Enum
	Table  string   // that a Ref refers to
}

// A Kind is the type of a field.
type Kind string

// The kinds of fields. A text has several lines, a string has one.
const (
	String Kind = "string"
	Text   Kind = "text"
	Int    Kind = "int"
	Number Kind = "number"
	Bool   Kind = "bool"
	Time   Kind = "time"
	JSON   Kind = "json"
	Enum   Kind = "enum"
	Ref    Kind = "ref"
)

const kinds = "string, text, int, number, bool, time, json, enum(a,b) and ref"

var (
	nameRule  = regexp.MustCompile(`^[a-z][a-z0-9]*([_-][a-z0-9]+)*$`)
	valueRule = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	fieldRule = regexp.MustCompile(`^([^:?]+):([a-z]+)(?:\(([^)]*)\))?(:unique)?(\?)?$`)
)

// Names that other things have.
var (
	// Members of every row, parameters of every list, and the column of the search.
	members = strings.Fields("id version created_at updated_at deleted_at created_by updated_by search_text cursor format limit q row sort total")
	// Words that SQL or Go keeps for itself.
	words = strings.Fields(`all alter analyse analyze and any array as asc authorization between both break by case cast chan check
		collate collation column commit const constraint continue create cross current current_date current_time current_user default
		defer deferrable delete desc distinct do drop else end escape except exists fallthrough false fetch for foreign freeze from full
		func glob go goto grant group having if ilike in index inner insert interface intersect into is isnull join key lateral leading
		left like limit localtime map match natural nil not notnull null of offset on only or order outer over overlaps package pragma
		primary range references reindex rename return returning right rowid select session_user set similar some struct switch
		symmetric table then to trailing transaction trigger true type union unique update user using vacuum values var variadic verbose
		view when where window with`)
)

// Parse reads an entity as the command line gives it. plural may be "". It refuses names that other things have, with cause
// and cure.
func Parse(module, name, plural string, fields []string) (Entity, error) {
	e := Entity{Name: spaced(name), Plural: spaced(plural), Module: module}
	if plural == "" {
		e.Plural = pluralOf(e.Name)
	}
	for _, given := range []string{name, strings.ReplaceAll(e.Plural, " ", "-")} {
		if !nameRule.MatchString(given) {
			return e, fmt.Errorf("%q is no name: use small letters and digits, such as customer or web-page", given)
		}
	}
	switch {
	case e.Name == e.Plural:
		return e, fmt.Errorf("%q is its own plural: give one and several different names by -plural", e.Name)
	case slices.Contains(words, e.Table()) || slices.Contains(words, e.Package()):
		return e, fmt.Errorf("%q is a word of SQL or Go: choose another name, or another plural by -plural", e.Table())
	case len(e.Table()) > 40:
		return e, fmt.Errorf("%q has %d characters, and names of indexes have room for 40: choose a shorter name", e.Table(), len(e.Table()))
	case len(fields) == 0:
		return e, fmt.Errorf("%s has no field: add one, such as name:string", e.Name)
	}
	seen := map[string]bool{}
	for _, given := range fields {
		f, err := parseField(given)
		if err != nil {
			return e, err
		}
		if seen[f.Name] {
			return e, fmt.Errorf("%s has two fields %s: choose another name for one of them", e.Name, f.Name)
		}
		seen[f.Name] = true
		e.Fields = append(e.Fields, f)
	}
	return e, nil
}

func parseField(given string) (Field, error) {
	parts := fieldRule.FindStringSubmatch(given)
	if parts == nil {
		return Field{}, fmt.Errorf("%q is no field: write name:type, with :unique or ? behind it, such as email:string:unique or phone:string?", given)
	}
	f := Field{Name: strings.ReplaceAll(parts[1], "-", "_"), Kind: Kind(parts[2]), Unique: parts[4] != "", Null: parts[5] != ""}
	inner := parts[3]
	if !nameRule.MatchString(parts[1]) {
		return f, fmt.Errorf("%q is no name of a field: use small letters, digits and underscores, such as due_on", parts[1])
	}
	switch f.Kind {
	case String, Text, Int, Number, Bool, Time, JSON:
		if inner != "" {
			return f, fmt.Errorf("%q has values: only enum and ref have them, so write %s:%s", given, f.Name, f.Kind)
		}
	case Enum:
		f.Values = strings.Split(inner, ",")
		for _, value := range f.Values {
			if !valueRule.MatchString(value) {
				return f, fmt.Errorf("%q has the value %q: list the values as in state:enum(open,done)", given, value)
			}
		}
	case Ref:
		f.Table = strings.ReplaceAll(inner, "-", "_")
		if inner == "" {
			f.Table = strings.ReplaceAll(pluralOf(spaced(f.Name)), " ", "_")
		}
		f.Name = strings.TrimSuffix(f.Name, "_id") + "_id"
	default:
		return f, fmt.Errorf("%q has the type %q: the types are %s", given, f.Kind, kinds)
	}
	switch {
	case slices.Contains(members, f.Name):
		return f, fmt.Errorf("%q is a member or a parameter that every entity has: choose another name for the field", f.Name)
	case slices.Contains(words, f.Name):
		return f, fmt.Errorf("%q is a word of SQL or Go: choose another name for the field", f.Name)
	case f.Unique && f.Kind != String && f.Kind != Int:
		return f, fmt.Errorf("%q is unique: only string and int can be, so leave :unique out", given)
	case f.Null && (f.Kind == JSON || f.Kind == Enum || f.Kind == Bool):
		return f, fmt.Errorf("%q may be absent: %s has a value always, so leave ? out", given, f.Kind)
	}
	return f, nil
}

func spaced(name string) string { return strings.NewReplacer("-", " ", "_", " ").Replace(name) }

func pluralOf(name string) string {
	last := name[max(0, len(name)-1):]
	before := name[max(0, len(name)-2):max(0, len(name)-1)]
	switch {
	case last == "y" && before != "" && !strings.Contains("aeiou", before):
		return name[:len(name)-1] + "ies"
	case last == "s" || last == "x" || last == "z" || strings.HasSuffix(name, "ch") || strings.HasSuffix(name, "sh"):
		return name + "es"
	}
	return name + "s"
}

// Table returns the name of the table: web_pages.
func (e Entity) Table() string { return strings.ReplaceAll(e.Plural, " ", "_") }

// Path returns the last part of the entity's path, and its folder in the web client: web-pages.
func (e Entity) Path() string { return strings.ReplaceAll(e.Plural, " ", "-") }

// Package returns the name of the Go package: webpages.
func (e Entity) Package() string { return strings.ReplaceAll(e.Plural, " ", "") }

// Component returns the name of the struct, and of the bodies in the API's document: WebPage.
func (e Entity) Component() string { return camel(e.Name) }

// Refs returns the fields that refer to other entities.
func (e Entity) Refs() []Field {
	return slices.DeleteFunc(slices.Clone(e.Fields), func(f Field) bool { return f.Kind != Ref })
}

// label returns the field that names a record: its name or title, the first string, or else the first field.
func (e Entity) label() Field {
	if i := slices.IndexFunc(e.Fields, func(f Field) bool { return f.Kind == String && !f.Null && (f.Name == "name" || f.Name == "title") }); i >= 0 {
		return e.Fields[i]
	}
	if i := slices.IndexFunc(e.Fields, func(f Field) bool { return f.Kind == String && !f.Null }); i >= 0 {
		return e.Fields[i]
	}
	return e.Fields[0]
}

// searched reports whether the records have a text to search.
func (e Entity) searched() bool {
	return slices.ContainsFunc(e.Fields, func(f Field) bool { return f.Kind == String || f.Kind == Text })
}

// initials are words that Go writes in capitals.
var initials = map[string]string{"api": "API", "html": "HTML", "http": "HTTP", "id": "ID", "ip": "IP", "json": "JSON", "sql": "SQL", "uri": "URI", "url": "URL"}

// camel returns words in Go's form: CompanyID. An entity's component is the same as package resource makes.
func camel(name string) string {
	var s strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '_' }) {
		s.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return s.String()
}

// member returns the name of a field in Go.
func member(name string) string {
	var s strings.Builder
	for word := range strings.SplitSeq(name, "_") {
		if known, ok := initials[word]; ok {
			s.WriteString(known)
		} else {
			s.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return s.String()
}

// title returns a name for people: Due on.
func title(name string) string {
	name = spaced(name)
	return strings.ToUpper(name[:1]) + name[1:]
}
