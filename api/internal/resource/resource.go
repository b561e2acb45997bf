// Package resource makes an entity of a declared struct: its SQL, its HTTP operations and their part of the OpenAPI
// document, its events and its place in the cache all follow from the struct's fields and tags.
//
// The generic part is an edge. The work is done by a core that knows rows as pointers to the struct and columns by
// reflection, so that an entity costs little to build and to ship.
//
// A field has these tags, beside those of huma that bound a value (minLength, maxLength, minimum, maximum, enum, default,
// example, format, pattern) and doc, with createDoc and patchDoc for a description of its own in those bodies:
//
//	json        the name of the member and of the column; "-" for a column that clients do not see
//	column      the name of the column, beside json:"-"
//	list        sort, search, filter and range: the parameters of lists that the column gives
//	row         unique: no two living rows have the value; derived: not written by clients; computed: no column, see
//	            Complete; revision: counts the changes of derived columns, which ETags then tell; visible: a text has a
//	            character that can be seen
//	references  the table of another entity: the column holds the id of one of its rows
//
// The table has a column for each of them, those of Row, and search_text if a field is searched. The default of a derived
// column is NULL, its default tag, or the zero value.
package resource

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/access"
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/model"
)

// Options declare an entity. Name and Plural are needed.
type Options struct {
	Name   string // in lower case, of one word or more: note
	Plural string // notes

	Table     string   // "": Plural with underscores
	Path      string   // "": /api/ and Plural with hyphens
	Component string   // of the bodies in the OpenAPI document; "": Name in camel case
	Members   []string // the first members in JSON, in their order; the others follow
	File      []string // the first columns of a file, in their order; the others follow
	Label     string   // the member that names a lone row in its events; "": none
	Nudge     string   // the worker's task that has work after a row is created, changed or restored; "": none

	// Docs replace texts of the document, by the name of a parameter or an operation.
	Docs map[string]string
}

// Operation is one of the things that clients do to an entity.
type Operation string

// The operations.
const (
	List        Operation = "list"
	Create      Operation = "create"
	CreateBatch Operation = "create-batch"
	Read        Operation = "read"
	Change      Operation = "change"
	Delete      Operation = "delete"
	Restore     Operation = "restore"
	Export      Operation = "export"
	Import      Operation = "import"
)

// Fault is a rule that a member breaks, as the end of a sentence for the client about the member.
type Fault struct{ Member, Message string }

// Written is a change of one row. Old is nil for a new row, which New never is.
type Written[T any] struct {
	What     Operation // Create, Change, Delete or Restore
	Old, New *T
}

// Resource is a declared entity with rows of the type T. Its hooks are set where it is declared, before it serves.
type Resource[T any] struct{ d *declaration }

// New declares an entity. It panics if the declaration is wrong, with a sentence that names the field and the cure.
func New[T any](o Options) *Resource[T] { return &Resource[T]{declare(o, reflect.TypeFor[T]())} }

// Options returns the declaration with its defaults.
func (r *Resource[T]) Options() Options { return r.d.Options }

// Unique returns the members of which no two living rows have the same value.
func (r *Resource[T]) Unique() []string {
	var names []string
	for _, c := range r.d.columns {
		if c.unique {
			names = append(names, c.name)
		}
	}
	return names
}

// Kind names the entity's rows in the cache and in the types of their events.
func (r *Resource[T]) Kind() cache.Kind { return r.d.kind() }

// Prepare sets a hook that may set derived columns of a row before it is written. old is nil for a new row. Rows share
// the targets of their pointers: set a pointer, and leave its target alone.
func (r *Resource[T]) Prepare(f func(old, row *T, now model.Time)) *Resource[T] {
	r.d.prepare = func(old, row any, now model.Time) { f(as[T](old), row.(*T), now) }
	return r
}

// Validate sets a hook that returns the rules which a row to be written breaks, beside those of the tags.
func (r *Resource[T]) Validate(f func(old, row *T) []Fault) *Resource[T] {
	r.d.validate = func(old, row any) []Fault { return f(as[T](old), row.(*T)) }
	return r
}

// BeforeWrite sets a hook that runs in the transaction of a change, before it. It may set derived columns of row, and
// ends the change by an error, of an errs kind if it is the client's fault.
func (r *Resource[T]) BeforeWrite(f func(ctx context.Context, tx bun.Tx, old, row *T) error) *Resource[T] {
	r.d.before = func(ctx context.Context, tx bun.Tx, old, row any) error { return f(ctx, tx, as[T](old), row.(*T)) }
	return r
}

// AfterWrite sets a hook that runs in the transaction of a change, after it.
func (r *Resource[T]) AfterWrite(f func(ctx context.Context, tx bun.Tx, change Written[T]) error) *Resource[T] {
	r.d.after = func(ctx context.Context, tx bun.Tx, what Operation, old, row any) error {
		return f(ctx, tx, Written[T]{what, as[T](old), row.(*T)})
	}
	return r
}

// Visible sets a hook that narrows each query to the rows that the caller may see. All others do not exist for it.
func (r *Resource[T]) Visible(f func(query *bun.SelectQuery, caller access.Caller) *bun.SelectQuery) *Resource[T] {
	r.d.visible = f
	return r
}

// Complete sets a hook that sets the computed fields of a row, before it is encoded.
func (r *Resource[T]) Complete(f func(row *T)) *Resource[T] {
	r.d.complete = func(row any) { f(row.(*T)) }
	return r
}

// Replace has register take the place of one operation. It gets the operation as the document has it, and registers a
// handler for it; see rest.Handle. Without register the entity does not have the operation.
func (r *Resource[T]) Replace(which Operation, register func(api *rest.API, op rest.Operation, s *Store[T])) *Resource[T] {
	if register == nil {
		r.d.replaced[which] = func(*rest.API, rest.Operation, *store) {}
		return r
	}
	r.d.replaced[which] = func(api *rest.API, op rest.Operation, s *store) { register(api, op, &Store[T]{s}) }
	return r
}

// as returns row as a *T, nil for nil.
func as[T any](row any) *T {
	t, _ := row.(*T)
	return t
}

// declaration is a Resource without its type. Rows are pointers to typ.
type declaration struct {
	Options
	typ      reflect.Type
	columns  []*column          // all, computed ones as well
	members  []*column          // of a row in JSON, in order
	prefixes []string           // before the value of each member
	filed    []*column          // of a file, in order
	stored   []*column          // in the database
	given    map[string]*column // that clients write
	revision *column            // nil: none
	searched []*column
	filters  []*parameter // of lists
	sorts    []string

	prepare  func(old, row any, now model.Time)
	validate func(old, row any) []Fault
	before   func(ctx context.Context, tx bun.Tx, old, row any) error
	after    func(ctx context.Context, tx bun.Tx, what Operation, old, row any) error
	visible  func(*bun.SelectQuery, access.Caller) *bun.SelectQuery
	complete func(row any)
	replaced map[Operation]func(*rest.API, rest.Operation, *store)
}

func declare(o Options, t reflect.Type) *declaration {
	if o.Name == "" || o.Plural == "" || o.Name != strings.ToLower(o.Name) || o.Plural != strings.ToLower(o.Plural) {
		panic(fmt.Sprintf("resource: %s has the Name %q and the Plural %q; give both, in lower case", t.Name(), o.Name, o.Plural))
	}
	orElse(&o.Table, strings.ReplaceAll(o.Plural, " ", "_"))
	orElse(&o.Path, "/api/"+strings.ReplaceAll(o.Plural, " ", "-"))
	orElse(&o.Component, camel(o.Name))
	d := &declaration{Options: o, typ: t, columns: columnsOf(t), given: map[string]*column{}, replaced: map[Operation]func(*rest.API, rest.Operation, *store){}}
	for _, c := range d.columns {
		if !c.computed {
			d.stored = append(d.stored, c)
		}
		if c.given {
			d.given[c.name] = c
		}
		if c.search {
			d.searched = append(d.searched, c)
		}
		if c.revision {
			d.revision = c
		}
	}
	d.members = d.sorted("Members", o.Members, func(c *column) bool { return !c.hidden })
	d.filed = d.sorted("File", o.File, func(c *column) bool { return c.given || c.name == createdAt })
	d.prefixes = prefixesOf(d.members)
	d.parameters()
	if o.Label != "" && (d.column(o.Label) == nil || d.column(o.Label).kind != text) {
		panic(fmt.Sprintf("resource: %s has the Label %q, which is none of its texts; name one, or leave it out", t.Name(), o.Label))
	}
	return d
}

// sorted returns the columns that may stand in a list: those that an option names, in its order, and the others.
func (d *declaration) sorted(option string, first []string, may func(*column) bool) []*column {
	var sorted []*column
	rest := map[string]*column{}
	for _, c := range d.columns {
		if may(c) {
			rest[c.name] = c
		}
	}
	for _, name := range first {
		if rest[name] == nil {
			panic(fmt.Sprintf("resource: %s has %q in %s, which does not belong there, or stands there twice; the others are %s", d.typ.Name(), name, option, strings.Join(slices.Sorted(maps.Keys(rest)), ", ")))
		}
		sorted = append(sorted, rest[name])
		delete(rest, name)
	}
	for _, c := range d.columns {
		if rest[c.name] == c {
			sorted = append(sorted, c)
		}
	}
	return sorted
}

// column returns the column of the given name, nil for none.
func (d *declaration) column(name string) *column {
	i := slices.IndexFunc(d.columns, func(c *column) bool { return c.name == name })
	if i < 0 {
		return nil
	}
	return d.columns[i]
}

func (d *declaration) kind() cache.Kind { return cache.Kind(hyphened(d.Plural)) }

// fresh returns a new row.
func (d *declaration) fresh() any { return reflect.New(d.typ).Interface() }

// copied returns a copy of row.
func (d *declaration) copied(row any) any {
	v := reflect.New(d.typ)
	v.Elem().Set(reflect.ValueOf(row).Elem())
	return v.Interface()
}

// named puts the entity's name into a text.
func (d *declaration) named(doc string) string {
	key := "id"
	if c := d.key(); c != nil {
		key = c.name
	}
	return strings.NewReplacer("{a record}", article(d.Name)+d.Name, "{A record}", capital(article(d.Name)+d.Name), "{record}", d.Name, "{records}", d.Plural, "{Records}", capital(d.Plural), "{key}", key).Replace(doc)
}

// hyphened is a name as it stands in operation ids.
func hyphened(name string) string { return strings.ReplaceAll(name, " ", "-") }

func article(name string) string {
	if strings.ContainsAny(name[:1], "aeiou") {
		return "an "
	}
	return "a "
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// camel is a name as a component has it.
func camel(name string) string {
	var out strings.Builder
	for word := range strings.FieldsSeq(name) {
		out.WriteString(capital(word))
	}
	return out.String()
}

func orElse(s *string, value string) {
	if *s == "" {
		*s = value
	}
}
