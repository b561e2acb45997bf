package resource

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/fualab/fualab/shared/model"
)

// appendRow appends row in JSON, as encoding/json would without escaping for HTML.
func (d *declaration) appendRow(to []byte, row reflect.Value) []byte {
	for i, c := range d.members {
		to = append(to, d.prefixes[i]...)
		to = appendValue(to, c.pointer(row))
	}
	return append(to, '}')
}

// appendRows appends an array of rows.
func (d *declaration) appendRows(to []byte, rows []any) []byte {
	to = append(to, '[')
	for i, row := range rows {
		if i > 0 {
			to = append(to, ',')
		}
		to = d.appendRow(to, reflect.ValueOf(row).Elem())
	}
	return append(to, ']')
}

// prefixesOf returns the text before each member's value.
func prefixesOf(members []*column) []string {
	prefixes := make([]string, len(members))
	for i, c := range members {
		prefixes[i] = `,"` + c.name + `":`
		if i == 0 {
			prefixes[i] = `{"` + c.name + `":`
		}
	}
	return prefixes
}

// appendValue appends the value that a column's pointer points to.
func appendValue(to []byte, pointer any) []byte {
	switch p := pointer.(type) {
	case *string:
		return appendText(to, *p)
	case *int64:
		return strconv.AppendInt(to, *p, 10)
	case *float64:
		return appendNumber(to, *p)
	case *bool:
		return strconv.AppendBool(to, *p)
	case *model.Time:
		return appendInstant(to, *p)
	case *model.Attributes:
		if *p == "" {
			return append(to, model.NoAttributes...)
		}
		return append(to, *p...)
	case **string:
		return appendNullable(to, *p, appendText)
	case **int64:
		return appendNullable(to, *p, func(to []byte, n int64) []byte { return strconv.AppendInt(to, n, 10) })
	case **float64:
		return appendNullable(to, *p, appendNumber)
	case **bool:
		return appendNullable(to, *p, strconv.AppendBool)
	case **model.Time:
		return appendNullable(to, *p, appendInstant)
	}
	return append(to, "null"...)
}

func appendNullable[V any](to []byte, p *V, appendOne func([]byte, V) []byte) []byte {
	if p == nil {
		return append(to, "null"...)
	}
	return appendOne(to, *p)
}

// appendText escapes as encoding/json does: as little as possible, and the two separators that end a line in JavaScript.
func appendText(to []byte, s string) []byte {
	begin := len(to)
	to, err := jsontext.AppendQuote(to, s)
	if err != nil { // not UTF-8, which no database here returns
		raw, _ := json.Marshal(s)
		return append(to[:begin], raw...)
	}
	if bytes.Contains(to[begin:], []byte("\xe2\x80")) {
		return append(to[:begin], separators.Replace(string(to[begin:]))...)
	}
	return to
}

var separators = strings.NewReplacer("\u2028", `\u2028`, "\u2029", `\u2029`)

func appendNumber(to []byte, n float64) []byte {
	raw, err := json.Marshal(n)
	if err != nil {
		return append(to, "null"...) // NaN or infinite, which no client can have written
	}
	return append(to, raw...)
}

func appendInstant(to []byte, t model.Time) []byte {
	to = append(to, '"')
	to = append(to, t.String()...)
	return append(to, '"')
}
