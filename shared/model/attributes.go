package model

import (
	"bytes"
	"cmp"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fualab/fualab/shared/strictjson"
)

// Bounds of attributes.
const (
	MaxAttributesBytes = 64 << 10               // of the canonical form
	MaxAttributesText  = 4 * MaxAttributesBytes // of the text before that, with white space and escapes
	MaxAttributesDepth = 32                     // objects and arrays within one another
	// MaxAttributesValues bounds values and names. It follows from MaxAttributesBytes: in an object's canonical form
	// each takes at least two bytes.
	MaxAttributesValues = MaxAttributesBytes / 2
	maxDigits           = 400 // of a written-out number, on either side of the point
)

// attributesLimits limit a text before it is decoded. The canonical form writes
// all digits out.
var attributesLimits = strictjson.Limits{Depth: MaxAttributesDepth, Values: MaxAttributesValues, Digits: MaxAttributesBytes}

// errTooLarge means that the canonical form would be too large.
var errTooLarge = fmt.Errorf("must be at most %d bytes of JSON", MaxAttributesBytes)

// Attributes is a JSON object in canonical form: Postgres' form of jsonb,
// without white space. Keys are sorted by length and then by byte, and numbers
// are written out exactly. Thus both dialects return the same bytes, and no
// number is rounded.
type Attributes string

// NoAttributes is the empty object.
const NoAttributes Attributes = "{}"

// ParseAttributes returns the canonical form of a JSON object. Its errors are
// sentences for the client.
func ParseAttributes(raw []byte) (Attributes, error) {
	v, err := ParseValue(raw)
	if err != nil {
		return "", err
	}
	return canonical(v)
}

// AttributesOf returns the object with the given members. Each value is a
// string or comes from ParseValue.
func AttributesOf(members map[string]any) (Attributes, error) { return canonical(members) }

// Merge applies patch, a JSON object, as RFC 7396 defines: null removes a
// member, an object merges into one, everything else replaces.
func (a Attributes) Merge(patch []byte) (Attributes, error) {
	p, err := ParseValue(patch)
	if err != nil {
		return "", err
	}
	target, err := decode([]byte(a))
	if err != nil {
		return "", fmt.Errorf("stored attributes: %w", err)
	}
	return canonical(merge(target, p))
}

// Set adds members and replaces members of the same names. It copies the values
// of both objects, because they are canonical.
func (a Attributes) Set(members Attributes) (Attributes, error) {
	if a == NoAttributes {
		return members, nil
	}
	var object map[string]json.RawMessage
	for _, text := range []Attributes{a, members} {
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			return a, fmt.Errorf("stored attributes: %w", err)
		}
	}
	var w bytes.Buffer
	if err := writeMembers(&w, object, func(value json.RawMessage) error {
		w.Write(value)
		return nil
	}); err != nil {
		return a, err
	}
	return Attributes(w.String()), nil
}

// ParseValue returns a JSON value for AttributesOf. Before it decodes the text,
// it refuses values that no attributes can contain. Its errors are sentences
// for the client.
func ParseValue(raw []byte) (any, error) {
	if len(raw) > MaxAttributesText {
		return nil, fmt.Errorf("must be at most %d bytes of JSON, with white space and escapes at most %d", MaxAttributesBytes, MaxAttributesText)
	}
	err := strictjson.Check(raw, attributesLimits)
	switch {
	case errors.Is(err, strictjson.ErrSyntax):
		return nil, errors.New("must be a JSON object")
	case errors.Is(err, strictjson.ErrDepth):
		return nil, fmt.Errorf("must be nested at most %d levels deep", MaxAttributesDepth)
	case errors.Is(err, strictjson.ErrValues), errors.Is(err, strictjson.ErrDigits):
		return nil, fmt.Errorf("must be at most %d bytes of JSON, with numbers written out", MaxAttributesBytes)
	case err != nil:
		return nil, err
	}
	return decode(raw)
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

// decode keeps the notation of numbers. The text is canonical, or ParseValue
// has checked it.
func decode(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, errors.New("must be a JSON object")
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
	return Attributes(w.String()), nil
}

// write appends v. It stops with an error when the form becomes too large.
func write(w *bytes.Buffer, v any, depth int) error {
	if depth > MaxAttributesDepth {
		return fmt.Errorf("must be nested at most %d levels deep", MaxAttributesDepth)
	}
	switch v := v.(type) {
	case map[string]any:
		return writeMembers(w, v, func(value any) error { return write(w, value, depth+1) })
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
	if w.Len() > MaxAttributesBytes {
		return errTooLarge
	}
	return nil
}

// writeMembers appends an object whose values writeValue appends.
func writeMembers[V any](w *bytes.Buffer, object map[string]V, writeValue func(V) error) error {
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
		if err := writeValue(object[key]); err != nil {
			return err
		}
	}
	w.WriteByte('}')
	if w.Len() > MaxAttributesBytes {
		return errTooLarge
	}
	return nil
}

// writeString escapes the same characters as Postgres: quote, backslash and
// controls.
func writeString(w *bytes.Buffer, s string) error {
	if w.Len()+len(s) > MaxAttributesBytes {
		return errTooLarge
	}
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

// plainNumber writes a JSON number without exponent, as Postgres' numeric does.
// It keeps the digits after the point that the literal implies.
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

// Value is the SQL literal for either dialect.
func (a Attributes) Value() (driver.Value, error) { return string(cmp.Or(a, NoAttributes)), nil }

// Scan reads the value from either driver; Postgres adds white space.
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
