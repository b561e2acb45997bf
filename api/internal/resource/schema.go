package resource

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// The names of the components in the document, behind the entity's own.
const (
	createSuffix = "Create"
	patchSuffix  = "Patch"
)

const schemaPrefix = "#/components/schemas/"

// describe adds the components of the bodies to the document.
func (d *declaration) describe(schemas huma.Registry) {
	read := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: false, Properties: map[string]*huma.Schema{}}
	for _, c := range d.members {
		read.Properties[c.name] = d.readSchema(schemas, c)
		read.Required = append(read.Required, c.name)
	}
	create := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: false, Properties: map[string]*huma.Schema{}}
	patch := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: false, Properties: map[string]*huma.Schema{}}
	for _, c := range d.columns {
		if !c.given {
			continue
		}
		create.Properties[c.name] = d.createSchema(schemas, c)
		patch.Properties[c.name] = d.patchSchema(schemas, c)
		if !c.optional {
			create.Required = append(create.Required, c.name)
		}
	}
	for suffix, s := range map[string]*huma.Schema{"": read, createSuffix: create, patchSuffix: patch} {
		s.PrecomputeMessages()
		schemas.Map()[d.Component+suffix] = s
	}
}

func (d *declaration) reference(suffix string) *huma.Schema {
	return &huma.Schema{Ref: schemaPrefix + d.Component + suffix}
}

// rulesOfWriting are the tags that bound the values of a client. Responses are not held to them, so that a rule can become
// stricter.
var rulesOfWriting = []string{"minLength", "maxLength", "pattern", "patternDescription", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "default"}

func (d *declaration) readSchema(schemas huma.Registry, c *column) *huma.Schema {
	s := d.fieldSchema(schemas, c, "doc", rulesOfWriting...)
	s.Nullable = c.null
	return s
}

func (d *declaration) createSchema(schemas huma.Registry, c *column) *huma.Schema {
	s := d.fieldSchema(schemas, c, "createDoc")
	s.Nullable = c.optional // null stands for the default
	return s
}

func (d *declaration) patchSchema(schemas huma.Registry, c *column) *huma.Schema {
	s := d.fieldSchema(schemas, c, "patchDoc", "example", "default")
	s.Nullable = c.optional
	return s
}

// fieldSchema is the schema that huma makes of the field's type and tags, without some of these. Its description is the
// tag doc, or another one that takes its place.
func (d *declaration) fieldSchema(schemas huma.Registry, c *column, docTag string, without ...string) *huma.Schema {
	tags := ""
	for _, name := range append([]string{"example", "enum", "format"}, rulesOfWriting...) {
		if value, ok := c.field.Tag.Lookup(name); ok && !slices.Contains(without, name) {
			tags += name + ":" + strconv.Quote(value) + " "
		}
	}
	f := c.field
	f.Tag = reflect.StructTag(tags)
	var s *huma.Schema
	if c.kind == object {
		s = &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
	} else {
		s = huma.SchemaFromField(schemas, f, "")
	}
	if c.kind == instant {
		s.Format = "date-time"
	}
	doc, ok := c.field.Tag.Lookup(docTag)
	if !ok {
		doc = c.field.Tag.Get("doc")
	}
	s.Description = d.named(doc)
	s.PrecomputeMessages()
	return s
}
