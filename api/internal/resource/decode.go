package resource

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// wrong are the members of a body whose values their columns cannot take, with the end of a sentence about each.
type wrong map[*column]string

// decodeNew reads a new row from the members of a body. It lists the faults if a value is wrong: without one, a store
// holds the row to the rules.
func (d *declaration) decodeNew(body []byte, row reflect.Value) []errs.Field {
	d.clear(row)
	return d.faults(row, d.decode(jsontext.NewDecoder(bytes.NewBuffer(body)), row, false))
}

// decodePatch applies a JSON Merge Patch (RFC 7396) to row. It lists the faults as decodeNew does.
func (d *declaration) decodePatch(body []byte, row reflect.Value) []errs.Field {
	return d.faults(row, d.decode(jsontext.NewDecoder(bytes.NewBuffer(body)), row, true))
}

// decodeMany reads new rows from an array. It lists the faults of all rows if a value of one is wrong.
func (d *declaration) decodeMany(body []byte) (rows []any, faults []errs.Field) {
	from := jsontext.NewDecoder(bytes.NewBuffer(body))
	if begin, err := from.ReadToken(); err != nil || begin.Kind() != jsontext.KindBeginArray {
		return nil, []errs.Field{{In: "body", Message: "must be an array"}}
	}
	var wrongs []wrong
	broken := false
	for from.PeekKind() == jsontext.KindBeginObject {
		row := d.fresh()
		v := reflect.ValueOf(row).Elem()
		d.clear(v)
		wrongs = append(wrongs, d.decode(from, v, false))
		rows = append(rows, row)
		broken = broken || wrongs[len(rows)-1] != nil
	}
	if !broken {
		return rows, nil
	}
	for i, row := range rows {
		faults = append(faults, d.check(reflect.ValueOf(row).Elem(), base(i, false), wrongs[i])...)
	}
	return nil, faults
}

// faults lists the rules that a row breaks with a value that is wrong, none without such a value.
func (d *declaration) faults(row reflect.Value, found wrong) []errs.Field {
	if found == nil {
		return nil
	}
	return d.check(row, "", found)
}

// illegible is the fault of a body that is none at all.
func illegible() wrong { return wrong{nil: "is not valid"} }

// decode reads an object, and returns the values that are wrong. Its text has been validated.
func (d *declaration) decode(from *jsontext.Decoder, row reflect.Value, patch bool) wrong {
	if begin, err := from.ReadToken(); err != nil || begin.Kind() != jsontext.KindBeginObject {
		return illegible()
	}
	var found wrong
	for from.PeekKind() == jsontext.KindString {
		name, err := from.ReadToken()
		if err != nil {
			return illegible()
		}
		c := d.given[name.String()]
		raw, err := from.ReadValue()
		if err != nil {
			return illegible()
		}
		if c == nil {
			continue
		}
		if message := c.decode(raw, row, patch); message != "" {
			if found == nil {
				found = wrong{}
			}
			found[c] = message
		}
	}
	if end, err := from.ReadToken(); err != nil || end.Kind() != jsontext.KindEndObject {
		return illegible()
	}
	return found
}

// clear sets the columns of a new row to their defaults.
func (d *declaration) clear(row reflect.Value) {
	for _, c := range d.columns {
		if !c.base && !c.computed {
			c.set(row, nil)
		}
	}
}

// decode sets the column to the value in JSON that a client sent, or returns the end of a sentence about its
// fault.
func (c *column) decode(raw []byte, row reflect.Value, patch bool) (fault string) {
	if string(raw) == "null" {
		if !c.optional && c.kind != text { // a text becomes empty, which check judges
			return "must not be null"
		}
		c.set(row, nil)
		return ""
	}
	switch c.kind {
	case object:
		return c.decodeObject(raw, row, patch)
	case integer:
		n, err := strconv.ParseInt(string(raw), 10, 64)
		return c.take(row, n, err, "must be a whole number")
	case number:
		n, err := strconv.ParseFloat(string(raw), 64)
		return c.take(row, n, err, "must be a number")
	case boolean:
		var b bool
		err := json.Unmarshal(raw, &b)
		return c.take(row, b, err, "must be true or false")
	}
	s, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return "must be a string"
	}
	return c.parse(string(s), row)
}

// take sets the column to a value that was read without an error.
func (c *column) take(row reflect.Value, value any, err error, fault string) string {
	if err != nil {
		return fault
	}
	c.set(row, value)
	return ""
}

// decodeObject merges into the object that row has, in a patch.
func (c *column) decodeObject(raw []byte, row reflect.Value, patch bool) string {
	var value model.Attributes
	var err error
	if patch {
		value, err = c.value(row).(model.Attributes).Merge(raw)
	} else {
		value, err = model.ParseAttributes(raw)
	}
	if err != nil {
		return err.Error()
	}
	c.set(row, value)
	return ""
}

// parse sets a text or an instant.
func (c *column) parse(s string, row reflect.Value) string {
	if c.kind == text && !c.null {
		row.FieldByIndex(c.field.Index).SetString(s)
		return ""
	}
	if c.kind == text {
		c.set(row, s)
		return ""
	}
	var at model.Time
	if err := at.UnmarshalText([]byte(s)); err != nil {
		return err.Error()
	}
	c.set(row, at)
	return ""
}

// check lists the rules that the columns of row break which clients write, below base, a JSON Pointer. A value that was
// found wrong stands for those of its column.
func (d *declaration) check(row reflect.Value, base string, found wrong) []errs.Field {
	var faults []errs.Field
	if message := found[nil]; message != "" {
		faults = append(faults, errs.Field{In: "body", Pointer: base, Message: message})
	}
	for _, c := range d.columns {
		if !c.given {
			continue
		}
		if message := found[c]; message != "" {
			faults = append(faults, errs.Field{In: "body", Pointer: base + "/" + c.name, Message: message})
			continue
		}
		for _, message := range c.check(row) {
			faults = append(faults, errs.Field{In: "body", Pointer: base + "/" + c.name, Message: message})
		}
	}
	return faults
}

// check returns the end of a sentence for each rule that the column's value in row breaks. It looks at the field itself,
// because a value in an interface takes memory.
func (c *column) check(row reflect.Value) []string {
	f := row.FieldByIndex(c.field.Index)
	if c.null {
		if f.IsNil() {
			return nil
		}
		f = f.Elem()
	}
	switch c.kind {
	case text:
		return c.checkText(f.String())
	case integer:
		return c.checkNumber(float64(f.Int()))
	case number:
		return c.checkNumber(f.Float())
	case instant:
		if at := f.Interface().(model.Time); !at.Representable() {
			return []string{model.YearsExpected}
		}
	}
	return nil
}

func (c *column) checkText(s string) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	switch n := utf8.RuneCountInString(s); {
	case n == 0 && c.minLength > 0 && c.null:
		fault("must not be empty; null, or leaving it out, is for none")
	case n == 0 && c.minLength > 0:
		fault("must not be empty")
	case n < c.minLength:
		fault("must be at least %d characters", c.minLength)
	case c.maxLength > 0 && n > c.maxLength:
		fault("must be at most %d characters", c.maxLength)
	case c.enum != nil && !slices.Contains(c.enum, s):
		fault("must be one of %s", strings.Join(c.enum, ", "))
	case c.visible && !model.Visible(s):
		fault("must contain a visible character")
	}
	if strings.ContainsRune(s, 0) {
		fault("must not contain the NUL character")
	}
	return faults
}

func (c *column) checkNumber(n float64) []string {
	switch {
	case c.minimum != nil && n < *c.minimum:
		return []string{fmt.Sprintf("must be at least %v", *c.minimum)}
	case c.maximum != nil && n > *c.maximum:
		return []string{fmt.Sprintf("must be at most %v", *c.maximum)}
	}
	return nil
}
