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

// decodeNew reads a new row from the members of a body. It lists the faults below base, a JSON Pointer: none for members
// of the right types, which check holds to the rules.
func (d *declaration) decodeNew(body []byte, row reflect.Value, base string) []errs.Field {
	d.clear(row)
	return d.decode(jsontext.NewDecoder(bytes.NewBuffer(body)), row, base, false)
}

// decodePatch applies a JSON Merge Patch (RFC 7396) to row.
func (d *declaration) decodePatch(body []byte, row reflect.Value) []errs.Field {
	return d.decode(jsontext.NewDecoder(bytes.NewBuffer(body)), row, "", true)
}

// decodeMany reads new rows from an array.
func (d *declaration) decodeMany(body []byte) (rows []any, faults []errs.Field) {
	from := jsontext.NewDecoder(bytes.NewBuffer(body))
	if begin, err := from.ReadToken(); err != nil || begin.Kind() != jsontext.KindBeginArray {
		return nil, []errs.Field{{In: "body", Message: "must be an array"}}
	}
	for from.PeekKind() == jsontext.KindBeginObject {
		row := d.fresh()
		v := reflect.ValueOf(row).Elem()
		d.clear(v)
		faults = append(faults, d.decode(from, v, fmt.Sprintf("/%d", len(rows)), false)...)
		rows = append(rows, row)
	}
	return rows, faults
}

// decode reads an object. Its text has been validated.
func (d *declaration) decode(from *jsontext.Decoder, row reflect.Value, base string, patch bool) []errs.Field {
	if begin, err := from.ReadToken(); err != nil || begin.Kind() != jsontext.KindBeginObject {
		return []errs.Field{{In: "body", Pointer: base, Message: "must be an object"}}
	}
	var faults []errs.Field
	for from.PeekKind() == jsontext.KindString {
		name, err := from.ReadToken()
		if err != nil {
			break
		}
		c := d.given[name.String()]
		raw, err := from.ReadValue()
		if err != nil {
			break
		}
		if c == nil {
			continue
		}
		if message := c.decode(raw, row, patch); message != "" {
			faults = append(faults, errs.Field{In: "body", Pointer: base + "/" + c.name, Message: message})
		}
	}
	if end, err := from.ReadToken(); err != nil || end.Kind() != jsontext.KindEndObject {
		faults = append(faults, errs.Field{In: "body", Pointer: base, Message: "is not valid"})
	}
	if len(faults) > 0 { // a store asks the others
		faults = append(faults, d.check(row, base)...)
	}
	return faults
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

// check lists the rules that the columns of row break which clients write.
func (d *declaration) check(row reflect.Value, base string) []errs.Field {
	var faults []errs.Field
	for _, c := range d.columns {
		if !c.given {
			continue
		}
		if message := c.check(c.value(row)); message != "" {
			faults = append(faults, errs.Field{In: "body", Pointer: base + "/" + c.name, Message: message})
		}
	}
	return faults
}

// check returns the end of a sentence, "" for a value that keeps all rules.
func (c *column) check(value any) string {
	switch v := value.(type) {
	case string:
		return c.checkText(v)
	case int64:
		return c.checkNumber(float64(v))
	case float64:
		return c.checkNumber(v)
	case model.Time:
		if !v.Representable() {
			return model.YearsExpected
		}
	}
	return ""
}

func (c *column) checkText(s string) string {
	switch n := utf8.RuneCountInString(s); {
	case n == 0 && c.minLength > 0:
		if c.null {
			return "must not be empty; null, or leaving it out, is for none"
		}
		return "must not be empty"
	case n < c.minLength:
		return fmt.Sprintf("must be at least %d characters", c.minLength)
	case c.maxLength > 0 && n > c.maxLength:
		return fmt.Sprintf("must be at most %d characters", c.maxLength)
	case c.enum != nil && !slices.Contains(c.enum, s):
		return "must be one of " + strings.Join(c.enum, ", ")
	case strings.ContainsRune(s, 0):
		return "must not contain the NUL character"
	}
	return ""
}

func (c *column) checkNumber(n float64) string {
	switch {
	case c.minimum != nil && n < *c.minimum:
		return fmt.Sprintf("must be at least %v", *c.minimum)
	case c.maximum != nil && n > *c.maximum:
		return fmt.Sprintf("must be at most %v", *c.maximum)
	}
	return ""
}
