package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

var jsonFormat = huma.Format{Marshal: marshalJSON, Unmarshal: unmarshalJSON}

// marshalJSON leaves <, > and & as they are: a client that puts JSON into
// HTML escapes for HTML.
func marshalJSON(w io.Writer, v any) error {
	if e, ok := v.(interface{ encoding() []byte }); ok {
		_, err := w.Write(e.encoding())
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// unmarshalJSON refuses text that encoding/json would silently replace by
// U+FFFD: what a client sends is stored as it was sent, or not at all.
func unmarshalJSON(data []byte, v any) error {
	if !utf8.Valid(data) {
		return errors.New("the body is not valid UTF-8")
	}
	if hasLoneSurrogate(data) {
		return errors.New(`the body has half of a \u surrogate pair`)
	}
	if tooDeep(data) {
		return errors.New("the body is nested too deeply")
	}
	return json.Unmarshal(data, v)
}

// maxDepth is twice what attributes may have, which tell better what is wrong.
const maxDepth = 64

// tooDeep looks for more than maxDepth brackets within each other, before
// memory is spent on them. It need not be JSON otherwise.
func tooDeep(data []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++ // what is escaped
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return true
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return false
}

// hasLoneSurrogate looks for an escaped UTF-16 surrogate without its other
// half (RFC 8259, section 8.2).
func hasLoneSurrogate(data []byte) bool {
	high := false // the escape just before was a high surrogate
	for {
		i := bytes.IndexByte(data, '\\')
		if high && i != 0 {
			return true
		}
		if i < 0 || i+1 >= len(data) {
			return false
		}
		data = data[i:]
		if data[1] != 'u' || len(data) < 6 {
			if high {
				return true
			}
			data = data[2:]
			continue
		}
		r, err := strconv.ParseUint(string(data[2:6]), 16, 16)
		low := err == nil && r >= 0xdc00 && r <= 0xdfff
		if low != high {
			return true
		}
		high = err == nil && r >= 0xd800 && r <= 0xdbff
		data = data[6:]
	}
}
