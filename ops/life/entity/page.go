package entity

import (
	"fmt"
	"slices"
	"strings"
)

// Page returns the file of the web client that declares the entity's pages.
func (e Entity) Page() []byte {
	var s strings.Builder
	usual, other := map[string]bool{}, map[string]bool{}
	var fields []string
	for _, f := range e.Fields {
		helper, line := f.input()
		fields = append(fields, line)
		if slices.Contains([]string{"area", "json", "moment", "text"}, helper) {
			usual[helper] = true
		} else {
			other[helper] = true
		}
	}
	if len(other) > 0 {
		fmt.Fprintf(&s, "import { %s } from '../form/choices';\n", strings.Join(sortedKeys(other), ", "))
	}
	if len(usual) > 0 {
		fmt.Fprintf(&s, "import { %s } from '../form/fields';\n", strings.Join(sortedKeys(usual), ", "))
	}
	s.WriteString("import { ID, UPDATED } from '../list/columns';\nimport { declare } from '../list/entity';\n")
	columns := e.columns()
	if strings.Contains(columns, "<Time") {
		s.WriteString("import { Time } from '../ui/time';\n")
	}
	label := e.label()
	fmt.Fprintf(&s, "\n/** The %s: how they are listed, edited and shown. */\nexport const %s = declare<'%s'>({\n", e.Plural, e.Variable(), e.Path())
	fmt.Fprintf(&s, "  lead: 'The %s of this product.',\n  about: 'There are no %s yet.',\n  named: '%s',\n  columns: [\n%s    UPDATED,\n    ID,\n  ],\n", e.Plural, e.Plural, label.Name, columns)
	if e.searched() {
		var in []string
		for _, f := range e.Fields {
			if f.Kind == String || f.Kind == Text {
				in = append(in, spaced(f.Name))
			}
		}
		fmt.Fprintf(&s, "  search: 'In %s',\n", list(in))
	}
	if filters := e.filters(); filters != "" {
		fmt.Fprintf(&s, "  filters: [\n%s  ],\n", filters)
	}
	fmt.Fprintf(&s, "  fields: [\n    %s,\n  ],\n});\n", strings.Join(fields, ",\n    "))
	return []byte(s.String())
}

// columns returns the first columns of the list: the field that names a record, and up to two more.
func (e Entity) columns() string {
	label := e.label()
	fields := []Field{label}
	for _, f := range e.Fields {
		if f.Name != label.Name && f.Kind != Text && f.Kind != JSON && len(fields) < 3 {
			fields = append(fields, f)
		}
	}
	var s strings.Builder
	for i, f := range fields {
		fmt.Fprintf(&s, "    { key: '%s', text: '%s'", f.Name, heading(f))
		if f.Kind == String || f.Kind == Int || f.Kind == Number || f.Kind == Time {
			fmt.Fprintf(&s, ", sort: '%s'", f.Name)
		}
		if f.Kind == Int || f.Kind == Number || f.Kind == Ref {
			s.WriteString(", number: true")
		}
		if i > 0 {
			s.WriteString(", wide: true")
		}
		switch {
		case f.Kind == Time && f.Null:
			fmt.Fprintf(&s, ", cell: ({ %s: at }) => at !== null && <Time at={at} />", f.Name)
		case f.Kind == Time:
			fmt.Fprintf(&s, ", cell: ({ %s: at }) => <Time at={at} />", f.Name)
		case f.Kind == Bool:
			fmt.Fprintf(&s, ", cell: ({ %s: yes }) => (yes ? 'Yes' : 'No')", f.Name)
		}
		s.WriteString(" },\n")
	}
	return s.String()
}

func (e Entity) filters() string {
	var s strings.Builder
	for _, f := range e.Fields {
		switch f.Kind {
		case Enum:
			fmt.Fprintf(&s, "    {\n      param: '%s',\n      label: '%s',\n      options: [\n", f.Name, heading(f))
			for _, value := range f.Values {
				fmt.Fprintf(&s, "        ['%s', '%s'],\n", value, title(value))
			}
			fmt.Fprintf(&s, "      ],\n      reason: (value) => `is ${value}`,\n    },\n")
		case Ref:
			fmt.Fprintf(&s, "    { param: '%s', chip: (id) => `%s ${id}`, reason: (id) => `belongs to %s ${id}` },\n", f.Name, heading(f), strings.ToLower(heading(f)))
		case String, Text, Int, Number, Bool, Time, JSON:
		}
	}
	return s.String()
}

// heading returns the field's name for people.
func heading(f Field) string { return title(strings.TrimSuffix(f.Name, "_id")) }

// input returns the helper that makes the field's input, and the call of it.
func (f Field) input() (helper, line string) {
	var options []string
	switch f.Kind {
	case String:
		helper = "text"
		options = append(options, fmt.Sprintf("max: %d", longestString))
		if f.Null {
			options = append(options, "optional: true")
		} else {
			options = slices.Insert(options, 0, "required: true")
		}
	case Text:
		helper = "area"
		options = append(options, "max: 10_000")
		if f.Null {
			options = append(options, "optional: true")
		}
	case Time:
		helper = "moment"
	case JSON:
		helper = "json"
		options = append(options, "member: 'Member'")
	case Bool:
		return "flag", fmt.Sprintf("flag('%s', '%s')", f.Name, heading(f))
	case Enum:
		values := make([]string, len(f.Values))
		for i, value := range f.Values {
			values[i] = fmt.Sprintf("['%s', '%s']", value, title(value))
		}
		return "choice", fmt.Sprintf("choice('%s', '%s', [%s])", f.Name, heading(f), strings.Join(values, ", "))
	case Int, Ref:
		helper = "number"
		options = append(options, "whole: true")
	case Number:
		helper = "number"
	}
	if !f.Null && helper != "text" && helper != "area" && helper != "json" {
		options = append(options, "required: true")
	}
	if f.Unique {
		options = append(options, "unique: true")
	}
	if f.Kind == Ref {
		options = append(options, fmt.Sprintf("hint: 'The ID of one of the %s.'", spaced(f.Table)))
	}
	if len(options) == 0 {
		return helper, fmt.Sprintf("%s('%s', '%s')", helper, f.Name, heading(f))
	}
	return helper, fmt.Sprintf("%s('%s', '%s', { %s })", helper, f.Name, heading(f), strings.Join(options, ", "))
}

// Variable returns the name of the entity in the web client: webPages.
func (e Entity) Variable() string {
	name := camel(e.Plural)
	return strings.ToLower(name[:1]) + name[1:]
}

func list(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
