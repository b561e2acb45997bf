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

// EncodeJSON writes v to w as the API writes bodies. It leaves <, > and & as they are: a client that puts JSON into
// HTML escapes for HTML.
func EncodeJSON(w io.Writer, v any) error {
	if e, ok := v.(interface{ encoding() []byte }); ok {
		_, err := w.Write(e.encoding())
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// bodyLimits bound a body before it is decoded. Attributes have closer bounds
// of their own, which tell better what is wrong.
var bodyLimits = strictjson.Limits{
	Depth:  64,
	Values: 100_000,
	Digits: 1 << 20,
}

// unmarshalJSON decodes a checked body. huma decodes each body twice: first
// into an any, which it validates, then into the input, also when the first has
// failed. Numbers stay in the any as they are written.
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

// bodySubject begins each sentence about a body. A message of huma's own,
// which may repeat the input, begins otherwise.
const bodySubject = "The body "

// unreadable is a body that strictjson refuses. Its text is a sentence for the
// client.
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
		return sentence + fmt.Sprintf(" Without exponents, the numbers of a request may have %d digits together.", bodyLimits.Digits)
	default:
		return sentence
	}
}
