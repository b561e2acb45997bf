package model

import (
	"bytes"
	"cmp"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Bounds of an item's attributes.
const (
	MaxAttributesBytes = 64 << 10 // of the canonical form
	maxDepth           = 32       // objects and arrays within one another
	maxDigits          = 400      // of a number, written out, on either side of the point
)

// Attributes is a JSON object in canonical form: the form in which Postgres
// returns jsonb, without white space. Keys are sorted by length and then by
// byte, the last of equal keys wins, numbers are written out exactly. Both
// dialects thus return the same bytes, and no number is rounded.
type Attributes string

// NoAttributes is the empty object.
const NoAttributes Attributes = "{}"

// ParseAttributes brings a JSON object into canonical form. Its errors are
// sentences for the client.
func ParseAttributes(raw []byte) (Attributes, error) {
	v, err := decode(raw)
	if err != nil {
		return "", err
	}
	return canonical(v)
}

// Merge applies patch, a JSON object, as RFC 7396 defines: null removes a
// member, an object merges into one, everything else replaces.
func (a Attributes) Merge(patch []byte) (Attributes, error) {
	p, err := decode(patch)
	if err != nil {
		return "", err
	}
	target, err := decode([]byte(a))
	if err != nil {
		return "", fmt.Errorf("stored attributes: %w", err)
	}
	return canonical(merge(target, p))
}

// Set sets members, which ParseValue returned or which are strings, in place of
// those of the same names.
func (a Attributes) Set(members map[string]any) (Attributes, error) {
	object := make(map[string]any, len(members))
	if a != NoAttributes {
		v, err := decode([]byte(a))
		if err != nil {
			return a, fmt.Errorf("stored attributes: %w", err)
		}
		object, _ = v.(map[string]any)
	}
	maps.Copy(object, members)
	return canonical(object)
}

// ParseValue returns a JSON value for Set.
func ParseValue(raw []byte) (any, error) {
	v, err := decode(raw)
	if err != nil {
		return nil, errors.New("must be a JSON value")
	}
	return v, nil
}

func merge(target, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	t, ok := target.(map[string]any)
	if !ok {
		t = make(map[string]any, len(p))
	}
	for key, value := range p {
		if value == nil {
			delete(t, key)
		} else {
			t[key] = merge(t[key], value)
		}
	}
	return t
}

// decode keeps numbers as they are written.
func decode(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, errors.New("must be a JSON object")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("must be one JSON object")
	}
	return v, nil
}

func canonical(v any) (Attributes, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return "", errors.New("must be a JSON object")
	}
	var w bytes.Buffer
	if err := write(&w, object, 1); err != nil {
		return "", err
	}
	if w.Len() > MaxAttributesBytes {
		return "", fmt.Errorf("must be at most %d bytes of JSON", MaxAttributesBytes)
	}
	return Attributes(w.String()), nil
}

func write(w *bytes.Buffer, v any, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("must be nested at most %d levels deep", maxDepth)
	}
	switch v := v.(type) {
	case map[string]any:
		return writeObject(w, v, depth)
	case []any:
		w.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				w.WriteByte(',')
			}
			if err := write(w, element, depth+1); err != nil {
				return err
			}
		}
		w.WriteByte(']')
	case string:
		return writeString(w, v)
	case json.Number:
		number, err := plainNumber(string(v))
		if err != nil {
			return err
		}
		w.WriteString(number)
	case bool:
		w.WriteString(strconv.FormatBool(v))
	default:
		w.WriteString("null")
	}
	return nil
}

func writeObject(w *bytes.Buffer, object map[string]any, depth int) error {
	keys := slices.SortedFunc(maps.Keys(object), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	w.WriteByte('{')
	for i, key := range keys {
		if i > 0 {
			w.WriteByte(',')
		}
		if err := writeString(w, key); err != nil {
			return err
		}
		w.WriteByte(':')
		if err := write(w, object[key], depth+1); err != nil {
			return err
		}
	}
	w.WriteByte('}')
	return nil
}

// writeString escapes what Postgres escapes: quote, backslash and controls.
func writeString(w *bytes.Buffer, s string) error {
	w.WriteByte('"')
	for _, r := range s {
		switch r {
		case 0:
			return errors.New("must not contain the NUL character")
		case '"', '\\':
			w.WriteByte('\\')
			w.WriteRune(r)
		case '\b':
			w.WriteString(`\b`)
		case '\f':
			w.WriteString(`\f`)
		case '\n':
			w.WriteString(`\n`)
		case '\r':
			w.WriteString(`\r`)
		case '\t':
			w.WriteString(`\t`)
		default:
			if r < ' ' {
				fmt.Fprintf(w, `\u%04x`, r)
			} else {
				w.WriteRune(r)
			}
		}
	}
	w.WriteByte('"')
	return nil
}

// plainNumber writes a JSON number without exponent, as Postgres' numeric
// does: the digits after the point that the literal implies are kept.
func plainNumber(literal string) (string, error) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(literal), "e")
	exp := 0
	if exponent != "" {
		var err error
		if exp, err = strconv.Atoi(exponent); err != nil || exp > maxDigits || exp < -maxDigits {
			return "", fmt.Errorf("must hold numbers of at most %d digits", maxDigits)
		}
	}
	unsigned, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(unsigned, ".")
	digits, point, scale := whole+fraction, len(whole)+exp, max(0, len(fraction)-exp)
	if point < 1 {
		digits, point = strings.Repeat("0", 1-point)+digits, 1
	}
	if missing := point + scale - len(digits); missing > 0 {
		digits += strings.Repeat("0", missing)
	}
	whole, fraction = strings.TrimLeft(digits[:point], "0"), digits[point:point+scale]
	if len(whole) > maxDigits || scale > maxDigits {
		return "", fmt.Errorf("must hold numbers of at most %d digits", maxDigits)
	}
	number := cmp.Or(whole, "0")
	if fraction != "" {
		number += "." + fraction
	}
	if negative && strings.Trim(number, "0.") != "" {
		number = "-" + number
	}
	return number, nil
}

// MarshalJSON returns the object itself.
func (a Attributes) MarshalJSON() ([]byte, error) { return []byte(cmp.Or(a, NoAttributes)), nil }

// Value is the literal for either dialect.
func (a Attributes) Value() (driver.Value, error) { return string(cmp.Or(a, NoAttributes)), nil }

// Scan reads what either driver returns; Postgres adds white space.
func (a *Attributes) Scan(src any) error {
	var raw []byte
	switch v := src.(type) {
	case string:
		raw = []byte(v)
	case []byte:
		raw = v
	default:
		return fmt.Errorf("scan attributes: unexpected %T", src)
	}
	var w bytes.Buffer
	if err := json.Compact(&w, raw); err != nil {
		return fmt.Errorf("scan attributes: %w", err)
	}
	*a = Attributes(w.String())
	return nil
}
