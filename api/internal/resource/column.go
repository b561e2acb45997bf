package resource

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fualab/fualab/api/internal/keyset"
	"github.com/fualab/fualab/shared/model"
)

// kind is the type of a column's values.
type kind uint8

const (
	text kind = iota + 1
	integer
	number
	boolean
	instant
	object
)

// column is a field of a declared struct, with all that follows from its tags.
type column struct {
	name  string // of the member in JSON and of the column
	field reflect.StructField
	kind  kind
	null  bool // a pointer: may be NULL

	computed bool // no column of the database
	hidden   bool // no member in JSON
	given    bool // by clients, who may write it
	base     bool // of Row
	revision bool
	visible  bool // has a character that can be seen

	optional bool          // may be missing in a new row
	initial  reflect.Value // of a row that does not give it: the column's default, or the zero value; nil for NULL

	unique     bool
	references string // the table
	sort       bool
	search     bool
	filter     bool
	ranged     bool

	minLength, maxLength int // in characters; maxLength 0: no bound
	minimum, maximum     *float64
	enum                 []string
}

var (
	timeType       = reflect.TypeFor[model.Time]()
	attributesType = reflect.TypeFor[model.Attributes]()
	rowType        = reflect.TypeFor[Row]()
	nameRule       = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// The words of the tags list and row.
var (
	listWords = []string{"sort", "search", "filter", "range"}
	rowWords  = []string{"unique", "derived", "computed", "revision", "visible"}
)

// columnsOf returns the columns of a declared struct: those of Row last, but for the id. It panics with a sentence that
// names the field and the cure.
func columnsOf(t reflect.Type) []*column {
	var own, base []*column
	for i := range t.NumField() {
		f := t.Field(i)
		switch {
		case f.Anonymous && f.Type == rowType:
			for j := range rowType.NumField() {
				inner := rowType.Field(j)
				inner.Index = []int{i, j}
				base = append(base, columnOf(t, inner, true))
			}
		case f.Anonymous:
			refuse(t, f, "is embedded; embed resource.Row alone, and write the other fields out")
		case f.IsExported():
			own = append(own, columnOf(t, f, false))
		default:
			refuse(t, f, "is not exported; begin its name with a capital letter")
		}
	}
	if base == nil {
		panic(fmt.Sprintf("resource: %s does not embed resource.Row; add it as the first line of the struct", t.Name()))
	}
	all := slices.Concat(base[:1], own, base[1:])
	seen := map[string]bool{}
	for _, c := range all {
		if seen[c.name] {
			refuse(t, c.field, "has the name %q, which another field has; choose another one in its json tag", c.name)
		}
		seen[c.name] = true
	}
	return all
}

// refuse panics. The text continues a sentence about the field.
func refuse(t reflect.Type, f reflect.StructField, format string, args ...any) {
	panic(fmt.Sprintf("resource: %s.%s %s", t.Name(), f.Name, fmt.Sprintf(format, args...)))
}

func columnOf(t reflect.Type, f reflect.StructField, base bool) *column {
	c := &column{field: f, base: base}
	c.name, _, _ = strings.Cut(f.Tag.Get("json"), ",")
	if c.name == "-" {
		c.hidden, c.name = true, ""
	}
	if name := f.Tag.Get("column"); name != "" {
		c.name = name
	}
	if !nameRule.MatchString(c.name) {
		refuse(t, f, `has no name; give it a json tag of small letters, digits and underscores, or column beside json:"-"`)
	}
	c.typed(t)
	words := c.words(t, "row", rowWords)
	c.unique, c.computed, c.revision, c.visible = words["unique"], words["computed"], words["revision"], words["visible"]
	c.references = f.Tag.Get("references")
	c.given = !base && !c.hidden && !words["derived"] && !c.computed
	list := c.words(t, "list", listWords)
	c.sort, c.search, c.filter, c.ranged = list["sort"], list["search"], list["filter"], list["range"]
	c.rules(t)
	c.agree(t)
	return c
}

// typed finds the kind of the field's type.
func (c *column) typed(t reflect.Type) {
	of := c.field.Type
	if of.Kind() == reflect.Pointer {
		of, c.null = of.Elem(), true
	}
	switch {
	case of == timeType:
		c.kind = instant
	case of == attributesType:
		c.kind = object
	case of.Kind() == reflect.String:
		c.kind = text
	case of.Kind() == reflect.Int64:
		c.kind = integer
	case of.Kind() == reflect.Float64:
		c.kind = number
	case of.Kind() == reflect.Bool:
		c.kind = boolean
	default:
		refuse(t, c.field, "has the type %s; use string, int64, float64, bool, model.Time, model.Attributes, or a pointer to one of the first five", c.field.Type)
	}
	if c.null && (c.kind == object || of.PkgPath() != "" && of != timeType) {
		refuse(t, c.field, "has the type %s; a pointer is possible to string, int64, float64, bool and model.Time alone", c.field.Type)
	}
}

// words reads a tag that is a list of words.
func (c *column) words(t reflect.Type, tag string, known []string) map[string]bool {
	words := map[string]bool{}
	for word := range strings.SplitSeq(c.field.Tag.Get(tag), ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		if !slices.Contains(known, word) {
			refuse(t, c.field, "has %q in its tag %s; the words are %s", word, tag, strings.Join(known, ", "))
		}
		words[word] = true
	}
	return words
}

// rules reads the tags that bound the values, which huma reads as well.
func (c *column) rules(t reflect.Type) {
	tag := c.field.Tag
	for name, to := range map[string]*int{"minLength": &c.minLength, "maxLength": &c.maxLength} {
		if tag.Get(name) == "" {
			continue
		}
		n, err := strconv.Atoi(tag.Get(name))
		if err != nil || n < 0 || c.kind != text {
			refuse(t, c.field, "has a tag %s that does not fit; give a text a whole number, and leave it out elsewhere", name)
		}
		*to = n
	}
	for name, to := range map[string]**float64{"minimum": &c.minimum, "maximum": &c.maximum} {
		if tag.Get(name) == "" {
			continue
		}
		n, err := strconv.ParseFloat(tag.Get(name), 64)
		if err != nil || c.kind != integer && c.kind != number {
			refuse(t, c.field, "has a tag %s that does not fit; give a number to an int64 or a float64, and leave it out elsewhere", name)
		}
		*to = &n
	}
	if enum := tag.Get("enum"); enum != "" {
		if c.kind != text {
			refuse(t, c.field, "has a tag enum; it is for texts, so leave it out")
		}
		c.enum = strings.Split(enum, ",")
	}
	c.defaults(t)
}

// defaults reads the value of a row that does not give one.
func (c *column) defaults(t reflect.Type) {
	value, has := c.field.Tag.Lookup("default")
	c.optional = has || c.null || c.kind == object
	if has && c.null {
		refuse(t, c.field, "has a default and may be null; leave one of them out")
	}
	c.initial = reflect.Zero(c.field.Type)
	if c.null {
		return
	}
	var err error
	var initial any
	switch c.kind {
	case text:
		initial = value
		if c.given && has && value != "" && c.enum != nil && !slices.Contains(c.enum, value) {
			refuse(t, c.field, "has the default %q, which its enum lacks; add it there, or choose another", value)
		}
	case integer:
		n := int64(0)
		if has {
			n, err = strconv.ParseInt(value, 10, 64)
		}
		initial = n
	case number:
		n := 0.0
		if has {
			n, err = strconv.ParseFloat(value, 64)
		}
		initial = n
	case boolean:
		b := false
		if has {
			b, err = strconv.ParseBool(value)
		}
		initial = b
	case instant:
		initial = model.Time{}
		if has {
			refuse(t, c.field, "has a default; a time can have none, so make it a pointer instead")
		}
	case object:
		initial = model.NoAttributes
		if has {
			refuse(t, c.field, "has a default; an object's is always {}, so leave it out")
		}
	}
	if err != nil {
		refuse(t, c.field, "has the default %q, which is no value of its type; correct it", value)
	}
	c.initial = reflect.ValueOf(initial).Convert(c.field.Type)
}

// agree refuses tags that contradict each other.
func (c *column) agree(t reflect.Type) {
	listed := c.sort || c.search || c.filter || c.ranged
	switch {
	case c.computed && (listed || c.unique || c.references != "" || c.revision):
		refuse(t, c.field, "is computed, so the database cannot look for it; leave out list, references, and the other words of row")
	case c.search && c.kind != text:
		refuse(t, c.field, "is searched and no text; leave out search, or make it a string")
	case c.sort && (c.kind == boolean || c.kind == object):
		refuse(t, c.field, "is sorted; a bool or an object has no order, so leave out sort")
	case c.ranged && c.kind != instant && c.kind != integer && c.kind != number:
		refuse(t, c.field, "has a range; use it for model.Time, int64 and float64, and leave it out here")
	case c.filter && (c.kind == object || c.kind == instant):
		refuse(t, c.field, "is a filter; use range for a time, and leave it out for an object")
	case c.references != "" && c.kind != integer:
		refuse(t, c.field, "references %s and is no int64; make it int64, or *int64 where there may be none", c.references)
	case c.references != "" && !nameRule.MatchString(c.references):
		refuse(t, c.field, "references %q, which is no table; name the other entity by its plural", c.references)
	case c.unique && c.kind != text && c.kind != integer:
		refuse(t, c.field, "is unique; use it for a string or an int64")
	case c.visible && c.kind != text:
		refuse(t, c.field, "is visible; use it for a string")
	case c.revision && (c.kind != integer || c.null):
		refuse(t, c.field, "is the revision; make it an int64")
	}
}

// pointer returns the address of the column's field in row, which is addressable: *string, **string and the like.
func (c *column) pointer(row reflect.Value) any {
	f := row.FieldByIndex(c.field.Index).Addr()
	if to := plainTypes[c.kind]; to != nil && !c.null && f.Type() != to {
		f = f.Convert(to) // of a type of its own
	}
	return f.Interface()
}

var plainTypes = map[kind]reflect.Type{
	text: reflect.TypeFor[*string](), integer: reflect.TypeFor[*int64](), number: reflect.TypeFor[*float64](), boolean: reflect.TypeFor[*bool](),
}

// value returns the column's value in row: a string, int64, float64, bool, model.Time or model.Attributes, or nil.
func (c *column) value(row reflect.Value) any {
	f := row.FieldByIndex(c.field.Index)
	if c.null {
		if f.IsNil() {
			return nil
		}
		f = f.Elem()
	}
	switch c.kind {
	case text: // of any type
		return f.String()
	case integer:
		return f.Int()
	case number:
		return f.Float()
	case boolean:
		return f.Bool()
	default:
		return f.Interface()
	}
}

// set gives the column a value of the type that value returns; nil sets the initial value: NULL where it may be.
func (c *column) set(row reflect.Value, value any) {
	f := row.FieldByIndex(c.field.Index)
	switch {
	case value == nil:
		f.Set(c.initial)
	case c.null:
		target := reflect.New(f.Type().Elem())
		target.Elem().Set(reflect.ValueOf(value))
		f.Set(target)
	default:
		v := reflect.ValueOf(value)
		if v.Type() != f.Type() { // a conversion takes memory
			v = v.Convert(f.Type())
		}
		f.Set(v)
	}
}

// isInitial reports whether row has the value that the database gives by itself.
func (c *column) isInitial(row reflect.Value) bool {
	f := row.FieldByIndex(c.field.Index)
	return c.null && f.IsNil() || !c.null && f.Equal(c.initial)
}

// order returns the column's order for a list.
func (c *column) order(descending bool) keyset.Order {
	kinds := map[kind]keyset.Kind{text: keyset.Text, integer: keyset.Integer, number: keyset.Number, instant: keyset.Instant}
	return keyset.Order{Column: c.name, Kind: kinds[c.kind], Nullable: c.null, Descending: descending}
}
