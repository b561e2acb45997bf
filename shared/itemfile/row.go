package itemfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/fualab/fualab/shared/model"
)

// Fault is what is wrong with a row, as a sentence's end for the client.
type Fault struct {
	Column string // its heading in the file; "" for the whole row
	Reason string
}

// Row is one row of a file.
type Row struct {
	Line       int64 // where it begins, from 1
	ExternalID *string
	CreatedAt  *model.Time

	fields     model.ItemFields
	has        map[string]bool // columns of fields
	attributes map[string]any
	faults     []Fault
	names      map[string]string
}

func (r *Row) fault(column, reason string) {
	if name, ok := r.names[column]; ok {
		column = name
	}
	r.faults = append(r.faults, Fault{column, reason})
}

// Apply returns base, an item's fields or the zero value for a new one, with
// what the row says of them, and what is wrong with the row or the result.
func (r *Row) Apply(base model.ItemFields) (model.ItemFields, []Fault) {
	if len(r.faults) > 0 {
		return base, r.faults
	}
	f := base
	f.ExternalID = r.ExternalID
	if r.has[Name] {
		f.Name = r.fields.Name
	}
	if r.has[Description] {
		f.Description = r.fields.Description
	}
	if r.has[ExpiresAt] {
		f.ExpiresAt = r.fields.ExpiresAt
	}
	if r.has[Attributes] {
		f.Attributes = r.fields.Attributes
	}
	if f.Attributes == "" {
		f.Attributes = model.NoAttributes
	}
	var faults []Fault
	if len(r.attributes) > 0 {
		attributes, err := f.Attributes.Set(r.attributes)
		if err != nil {
			faults = append(faults, Fault{"", "its attributes: " + err.Error()})
		}
		f.Attributes = attributes
	}
	for _, fault := range f.Validate("") {
		column := strings.TrimPrefix(fault.Pointer, "/")
		if name, ok := r.names[column]; ok {
			column = name
		}
		faults = append(faults, Fault{column, fault.Message})
	}
	return f, faults
}

// cell takes in a cell of a CSV. An empty one is no value.
func (r *Row) cell(h heading, value string) {
	value = plainUnlessJSON(h, value)
	switch {
	case !utf8.ValidString(value):
		r.fault(h.name, "is not UTF-8: save the file as UTF-8")
	case h.attribute:
		if value != "" {
			r.attribute(h.target, value)
		}
	case h.target == "":
	case value == "" && h.target != Name && h.target != Description:
		r.null(h.target)
	default:
		r.set(h.target, value)
	}
}

// plainUnlessJSON takes the apostrophe from what a formula would be; JSON begins
// with none.
func plainUnlessJSON(h heading, value string) string {
	if h.target == Attributes && !h.attribute {
		return value
	}
	return plain(value)
}

func (r *Row) attribute(key string, value any) {
	if r.attributes == nil {
		r.attributes = map[string]any{}
	}
	r.attributes[key] = value
}

// null sets a column to no value.
func (r *Row) null(column string) {
	switch column {
	case ExternalID, CreatedAt:
		return
	case Name:
		r.fault(column, "must not be empty")
		return
	}
	r.note(column)
}

func (r *Row) note(column string) {
	if r.has == nil {
		r.has = map[string]bool{}
	}
	r.has[column] = true
}

// set sets a column to a value.
func (r *Row) set(column, value string) {
	r.note(column)
	switch column {
	case ExternalID:
		r.ExternalID = &value
	case Name:
		r.fields.Name = value
	case Description:
		r.fields.Description = value
	case Attributes:
		attributes, err := model.ParseAttributes([]byte(value))
		if err != nil {
			r.fault(column, err.Error())
		}
		r.fields.Attributes = attributes
	case ExpiresAt, CreatedAt:
		at := new(model.Time)
		if err := at.UnmarshalText([]byte(value)); err != nil {
			r.fault(column, err.Error())
		}
		if column == CreatedAt {
			r.CreatedAt = at
		} else {
			r.fields.ExpiresAt = at
		}
	}
}

// object takes in a line of NDJSON. null is no value, but for an attribute.
func (r *Row) object(text string, mapping map[string]string) {
	if !utf8.ValidString(text) {
		r.fault("", "is not UTF-8: save the file as UTF-8")
		return
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	var members map[string]json.RawMessage
	err := d.Decode(&members)
	if err == nil {
		if _, end := d.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("more follows")
		}
	}
	if err != nil || members == nil {
		r.fault("", "is not one JSON object")
		return
	}
	for name, value := range members {
		column, attribute := target(name, mapping)
		switch {
		case attribute:
			v, _ := model.ParseValue(value) // a part of what was parsed
			r.attribute(column, v)
		case column == "":
		case string(value) == "null":
			r.null(column)
		case column == Attributes:
			r.set(column, string(value))
		default:
			var s string
			if json.Unmarshal(value, &s) != nil {
				r.fault(name, "must be a string")
				continue
			}
			r.set(column, s)
		}
	}
}
