package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/shared/strictjson"
)

var jsonFormat = huma.Format{Marshal: EncodeJSON, Unmarshal: unmarshalJSON}

// EncodeJSON writes v to w in the form of all bodies. It does not escape <, >
// and &: a client that puts JSON into HTML escapes it for HTML.
func EncodeJSON(w io.Writer, v any) error {
	if e, ok := v.(interface{ encoding() []byte }); ok {
		_, err := w.Write(e.encoding())
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// bodyLimits limit a body before it is decoded. Attributes have closer limits
// with better messages.
var bodyLimits = strictjson.Limits{
	Depth:  64,
	Values: 100_000,
	Digits: 1 << 20,
}

// unmarshalJSON decodes a checked body. huma decodes each body twice: first
// into an any for validation, then into the input, even after a failure of the
// first. In the any, numbers keep their notation.
func unmarshalJSON(data []byte, v any) error {
	if err := strictjson.Check(data, bodyLimits); err != nil {
		return &unreadable{err}
	}
	tree, first := v.(*any)
	if !first {
		return json.Unmarshal(data, v)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(tree)
}

// bodySubject is the first word of each sentence about a body. huma's own
// messages, which may repeat the input, begin differently.
const bodySubject = "The body "

// unreadable is the error of a body that strictjson refuses. Its text is a
// sentence for the client.
type unreadable struct{ cause error }

func (u *unreadable) Unwrap() error { return u.cause }

func (u *unreadable) Error() string {
	sentence := bodySubject + u.cause.Error() + "."
	switch {
	case errors.Is(u.cause, strictjson.ErrSyntax):
		return bodySubject + "is missing or not valid JSON."
	case errors.Is(u.cause, strictjson.ErrDepth):
		return sentence + fmt.Sprintf(" Nest objects and arrays at most %d levels deep.", bodyLimits.Depth)
	case errors.Is(u.cause, strictjson.ErrValues):
		return sentence + fmt.Sprintf(" Send at most %d values and names in one request.", bodyLimits.Values)
	case errors.Is(u.cause, strictjson.ErrDigits):
		return sentence + fmt.Sprintf(" Without exponents, all numbers of a request together may have %d digits.", bodyLimits.Digits)
	default:
		return sentence
	}
}
