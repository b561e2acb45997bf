package resource

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/keyset"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

const (
	defaultLimit = 100
	maxLimit     = 1000
	maxQuery     = 200
	maxCursor    = 2000
)

// parameter is a parameter of the query.
type parameter struct {
	name   string
	schema *huma.Schema
	kind   kind
	where  func(query *bun.SelectQuery, value any) *bun.SelectQuery // nil: no filter
}

// choice is a value of a filter.
type choice struct {
	*parameter
	value any
}

// parameters makes the sorts and the filters that the columns give, those of Row last.
func (d *declaration) parameters() {
	d.sorts = []string{keyset.ID, "-" + keyset.ID}
	for _, base := range []bool{true, false} {
		for _, c := range d.columns {
			if c.sort && c.base == base {
				d.sorts = append(d.sorts, c.name, "-"+c.name)
			}
		}
	}
	for _, c := range d.columns {
		if c.search && c == d.searched[0] {
			d.addParameter("q", "Only {records} whose "+joined(d.searched, "or")+" contains this text, in any case.", text,
				&huma.Schema{Type: huma.TypeString, MaxLength: new(maxQuery)}, nil)
		}
		if c.filter {
			d.addFilter(c)
		}
		if c.ranged {
			d.addRange(c)
		}
	}
	reserved := []string{"limit", "cursor", "sort", "total", "format"}
	seen := map[string]bool{}
	for _, p := range d.filters {
		if slices.Contains(reserved, p.name) || seen[p.name] {
			panic(fmt.Sprintf("resource: %s has two parameters %q of its lists; rename the column, or leave out its filter or range", d.typ.Name(), p.name))
		}
		seen[p.name] = true
	}
}

// joined is a list of columns in words.
func joined(columns []*column, conjunction string) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " " + conjunction + " " + names[n-1]
	}
	return names[0]
}

func (d *declaration) addParameter(name, doc string, k kind, schema *huma.Schema, where func(*bun.SelectQuery, any) *bun.SelectQuery) {
	if own := d.Docs[name]; own != "" {
		doc = own
	}
	schema.Description = d.named(doc)
	d.filters = append(d.filters, ready(&parameter{name, schema, k, where}))
}

// ready returns p with a schema that several requests can use at a time.
func ready(p *parameter) *parameter {
	p.schema.PrecomputeMessages()
	return p
}

func (d *declaration) addFilter(c *column) {
	doc := "Only {records} with this " + c.name + "."
	schema := &huma.Schema{Type: huma.TypeString}
	switch c.kind {
	case integer:
		schema = &huma.Schema{Type: huma.TypeInteger, Format: "int64"}
		schema.Minimum = c.minimum
		if c.references != "" {
			schema.Minimum = new(1.0)
		}
	case number:
		schema = &huma.Schema{Type: huma.TypeNumber, Format: "double", Minimum: c.minimum}
	case boolean:
		schema = &huma.Schema{Type: huma.TypeBoolean}
	}
	for _, value := range c.enum {
		schema.Enum = append(schema.Enum, value)
	}
	if c.maxLength > 0 {
		schema.MaxLength = new(c.maxLength)
	}
	if c.unique {
		doc = "Only the {record} with this " + c.name + "."
	}
	d.addParameter(c.name, doc, c.kind, schema, comparison(c, "="))
}

func comparison(c *column, operator bun.Safe) func(*bun.SelectQuery, any) *bun.SelectQuery {
	return func(query *bun.SelectQuery, value any) *bun.SelectQuery {
		return query.Where("? ? ?", bun.Ident(c.name), operator, value)
	}
}

func (d *declaration) addRange(c *column) {
	if c.kind == instant {
		name := strings.TrimSuffix(c.name, "_at")
		for _, side := range []struct {
			word     string
			operator bun.Safe
		}{{"after", ">"}, {"before", "<"}} {
			doc := "Only {records} whose " + c.name + " is " + side.word + " this time."
			if name != c.name {
				doc = "Only {records} " + name + " " + side.word + " this time."
			}
			d.addParameter(name+"_"+side.word, doc, instant, &huma.Schema{Type: huma.TypeString, Format: "date-time"}, comparison(c, side.operator))
		}
		return
	}
	for _, side := range []struct {
		word, doc string
		operator  bun.Safe
	}{{"min", "least", ">="}, {"max", "most", "<="}} {
		schema := &huma.Schema{Type: huma.TypeInteger, Format: "int64"}
		if c.kind == number {
			schema = &huma.Schema{Type: huma.TypeNumber, Format: "double"}
		}
		d.addParameter(c.name+"_"+side.word, "Only {records} whose "+c.name+" is at "+side.doc+" this.", c.kind, schema, comparison(c, side.operator))
	}
}

// listing is the request of a list, or of an export.
type listing struct {
	page    keyset.Page
	sort    string
	choices []choice
	total   bool
	format  string // of an export
}

// canonical is the sort and the filters: a cursor is bound to them.
func (l *listing) canonical() url.Values {
	q := url.Values{"sort": {l.sort}}
	for _, c := range l.choices {
		q.Set(c.name, fmt.Sprint(c.value))
	}
	return q
}

// the parameters that all lists have, and those of an export.
func (d *declaration) paging() (before, after []*parameter) {
	sortDoc := "The order; - is descending. Text sorts by code point."
	if own := d.Docs["sort"]; own != "" {
		sortDoc = d.named(own)
	}
	sorts := make([]any, len(d.sorts))
	for i, s := range d.sorts {
		sorts[i] = s
	}
	before = []*parameter{
		ready(&parameter{name: "limit", kind: integer, schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: new(1.0), Maximum: new(float64(maxLimit)), Default: defaultLimit, Description: "Most " + d.Plural + " in one page."}}),
		ready(&parameter{name: "cursor", kind: text, schema: &huma.Schema{Type: huma.TypeString, MaxLength: new(maxCursor), Description: "From a Link of an earlier answer: opaque, and only good with the same sort and filters."}}),
		ready(&parameter{name: "sort", kind: text, schema: &huma.Schema{Type: huma.TypeString, Enum: sorts, Default: keyset.ID, Description: sortDoc}}),
	}
	after = []*parameter{
		ready(&parameter{name: "total", kind: boolean, schema: &huma.Schema{Type: huma.TypeBoolean, Description: "Count all " + d.Plural + " that the filters choose, in X-Total-Count. It costs as much as there are."}}),
	}
	return before, after
}

// listParameters are all parameters of a list, in the order of the document.
func (d *declaration) listParameters() []*parameter {
	before, after := d.paging()
	return slices.Concat(before, d.filters, after)
}

// exportParameters are those of an export.
func (d *declaration) exportParameters() []*parameter {
	format := ready(&parameter{name: "format", kind: text, schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"csv", "ndjson"}, Default: "csv", Description: "CSV with a header row (RFC 4180), or one JSON object a line."}})
	return slices.Concat([]*parameter{format}, d.filters)
}

// documented returns the parameters as a document has them, which may change its own copies.
func documented(parameters []*parameter) []*huma.Param {
	params := make([]*huma.Param, len(parameters))
	for i, p := range parameters {
		schema := *p.schema
		params[i] = &huma.Param{Name: p.name, In: "query", Description: schema.Description, Explode: new(false), Schema: &schema}
	}
	return params
}

// parse reads a query by its parameters, or returns an errs.Invalid error that lists its faults.
func (d *declaration) parse(schemas huma.Registry, parameters []*parameter, query url.Values) (*listing, error) {
	var faults []errs.Field
	fault := func(name, message string) {
		faults = append(faults, errs.Field{In: "query", Pointer: name, Message: message})
	}
	for name := range query {
		if !slices.ContainsFunc(parameters, func(p *parameter) bool { return p.name == name }) {
			fault(name, "is not a known parameter")
		}
	}
	if len(faults) > 0 {
		return nil, errs.InvalidFields(faults...)
	}
	l := &listing{sort: keyset.ID, page: keyset.Page{Limit: defaultLimit}, format: "csv"}
	cursor := ""
	for _, p := range parameters {
		raw := query.Get(p.name)
		if raw == "" {
			continue
		}
		value, message := p.read(schemas, raw)
		if message != "" {
			fault(p.name, message)
			continue
		}
		switch p.name {
		case "limit":
			l.page.Limit = int(value.(int64))
		case "cursor":
			cursor = raw
		case "sort":
			l.sort = raw
		case "total":
			l.total = value.(bool)
		case "format":
			l.format = raw
		default:
			l.choices = append(l.choices, choice{p, value})
		}
	}
	if len(faults) > 0 {
		return nil, errs.InvalidFields(faults...)
	}
	return l, d.position(l, cursor)
}

// position sets the order of l and the place of its cursor.
func (d *declaration) position(l *listing, cursor string) (err error) {
	name, descending := strings.CutPrefix(l.sort, "-")
	l.page.Order = keyset.Order{Column: keyset.ID, Descending: descending}
	if name != keyset.ID {
		l.page.Order = d.column(name).order(descending)
	}
	if l.page.From, err = l.page.Order.Position(cursor, l.canonical()); err != nil {
		return errs.InvalidFields(errs.Field{In: "query", Pointer: "cursor", Message: err.Error()})
	}
	return nil
}

// positionOf returns the keys of row in the order of l.
func (d *declaration) positionOf(row any, l *listing) keyset.Position {
	at := keyset.Position{ID: row.(based).base().ID}
	if l.page.Order.Column != keyset.ID {
		at.Key = d.column(l.page.Order.Column).value(reflect.ValueOf(row).Elem())
	}
	return at
}

// read returns the value of a parameter, or the end of a sentence about its fault.
func (p *parameter) read(schemas huma.Registry, raw string) (value any, fault string) {
	var err error
	switch p.kind {
	case integer:
		if value, err = strconv.ParseInt(raw, 10, 64); err != nil {
			return nil, "must be a whole number"
		}
	case number:
		if value, err = strconv.ParseFloat(raw, 64); err != nil || strings.ContainsAny(raw, "nN") { // NaN, Inf
			return nil, "must be a number"
		}
	case boolean:
		if value, err = strconv.ParseBool(raw); err != nil {
			return nil, "must be true or false"
		}
	case instant:
		value = raw // whose form the schema has; it becomes a time below
	default:
		if strings.ContainsRune(raw, 0) {
			return nil, "must not contain the NUL character"
		}
		if !utf8.ValidString(raw) {
			return nil, "must be UTF-8"
		}
		value = raw
	}
	result := new(huma.ValidateResult)
	huma.Validate(schemas, p.schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, value, result)
	for _, err := range result.Errors {
		if detail, ok := err.(*huma.ErrorDetail); ok { //nolint:errorlint // huma wraps none of them
			return nil, "must be " + strings.TrimPrefix(strings.TrimPrefix(detail.Message, "expected "), "value to be ")
		}
	}
	if p.kind == instant {
		var at model.Time
		if err := at.UnmarshalText([]byte(raw)); err != nil {
			return nil, err.Error()
		}
		return at, ""
	}
	return value, ""
}
