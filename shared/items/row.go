package items

import (
	"strings"

	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/rowfile"
)

// Row is one row of a file.
type Row struct {
	Line       int64 // its first line, from 1
	ExternalID *string
	CreatedAt  *model.Time

	fields     Fields
	has        [columnCount]bool // columns of fields
	attributes model.Attributes  // from separate columns; "" for none
	faults     rowfile.Faults
	headings   rowfile.Headings
}

func rowOf(from *rowfile.Row) *Row {
	r := &Row{Line: from.Line, faults: from.Faults, headings: from.Headings}
	for column, value := range from.Values {
		switch value.Kind {
		case rowfile.Null:
			r.null(column)
		case rowfile.Given:
			r.set(column, value.Text)
		}
	}
	r.members(from.Rest)
	return r
}

func (r *Row) fault(column int, reason string) {
	r.faults.Add(r.headings.Of(columns.All[column].Name), reason)
}

// Size returns the approximate size of r in memory, in bytes.
func (r *Row) Size() int {
	const fixed, fault = 512, 64
	size := fixed + fault*len(r.faults) + len(r.fields.Name) + len(r.fields.Description) + len(r.fields.Attributes) + len(r.attributes)
	if r.ExternalID != nil {
		size += len(*r.ExternalID)
	}
	return size
}

// Apply returns base with the row's values, and the faults of the row or of the
// result. base has an item's fields, or is zero for a new item.
func (r *Row) Apply(base Fields) (Fields, []rowfile.Fault) {
	if len(r.faults) > 0 {
		return base, r.faults
	}
	f := base
	f.ExternalID = r.ExternalID
	if r.has[nameColumn] {
		f.Name = r.fields.Name
	}
	if r.has[descriptionColumn] {
		f.Description = r.fields.Description
	}
	if r.has[expiresAtColumn] {
		f.ExpiresAt = r.fields.ExpiresAt
	}
	if r.has[attributesColumn] {
		f.Attributes = r.fields.Attributes
	}
	if f.Attributes == "" {
		f.Attributes = model.NoAttributes
	}
	var faults []rowfile.Fault
	if r.attributes != "" {
		attributes, err := f.Attributes.Set(r.attributes)
		if err != nil {
			faults = append(faults, rowfile.Fault{Reason: "its attributes: " + err.Error()})
		}
		f.Attributes = attributes
	}
	for _, fault := range f.Validate("") {
		faults = append(faults, rowfile.Fault{Column: r.headings.Of(strings.TrimPrefix(fault.Pointer, "/")), Reason: fault.Message})
	}
	return f, faults
}

// members adds the attributes from separate columns.
func (r *Row) members(rest []rowfile.Member) {
	members := make(map[string]any, len(rest))
	for _, m := range rest {
		if m.JSON == nil {
			members[m.Name] = m.Text
			continue
		}
		value, err := model.ParseValue(m.JSON)
		if err != nil {
			r.faults.Add(m.Heading, err.Error())
		}
		members[m.Name] = value
	}
	if len(members) == 0 || len(r.faults) > 0 {
		return
	}
	all, err := model.AttributesOf(members)
	if err != nil {
		r.faults.Add("", "its attributes: "+err.Error())
	}
	r.attributes = all
}

// null sets a column to null.
func (r *Row) null(column int) {
	if column == nameColumn {
		r.fault(column, "must not be empty")
		return
	}
	r.has[column] = true
}

// set sets a column to a value.
func (r *Row) set(column int, value string) {
	r.has[column] = true
	switch column {
	case idColumn:
		r.ExternalID = &value
	case nameColumn:
		r.fields.Name = value
	case descriptionColumn:
		r.fields.Description = value
	case attributesColumn:
		attributes, err := model.ParseAttributes([]byte(value))
		if err != nil {
			r.fault(column, err.Error())
		}
		r.fields.Attributes = attributes
	case expiresAtColumn, createdAtColumn:
		at := new(model.Time)
		if err := at.UnmarshalText([]byte(value)); err != nil {
			r.fault(column, err.Error())
		}
		if column == createdAtColumn {
			r.CreatedAt = at
		} else {
			r.fields.ExpiresAt = at
		}
	}
}
