// Package strictjson checks a JSON text before it is decoded. The API's bodies,
// the rows of NDJSON files and the JSON cells of CSV files pass the same check.
package strictjson

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits limit the memory of a decoded text.
type Limits struct {
	Depth  int // largest depth of nested objects and arrays
	Values int // largest number of values and member names
	Digits int // largest number of digits in all numbers together, without exponents
}

// The faults of a text. Each is the end of a sentence for the client with the
// text as its subject.
var (
	ErrUTF8      = errors.New("is not valid UTF-8")
	ErrSurrogate = errors.New(`has half of a \u surrogate pair`)
	ErrSyntax    = errors.New("is not one valid JSON value")
	ErrDuplicate = errors.New("has two members of the same name in one object")
	ErrDepth     = errors.New("is nested too deeply")
	ErrValues    = errors.New("has too many values")
	ErrDigits    = errors.New("has numbers of too many digits")
)

// decoders are reused, because each has a state of a few hundred bytes.
var decoders = sync.Pool{New: func() any { return jsontext.NewDecoder(nothing) }}

var nothing = strings.NewReader("")

// Check returns the first fault of text. The text must be one value of RFC 8259
// in UTF-8. It must not have half a surrogate pair or equal names in an object,
// and it must respect the limits. Check reads the text once, up to the fault.
// It stores only the names in the open objects.
func Check(text []byte, limits Limits) error {
	if !utf8.Valid(text) {
		return ErrUTF8
	}
	if hasLoneSurrogate(text) {
		return ErrSurrogate
	}
	d := decoders.Get().(*jsontext.Decoder)
	d.Reset(bytes.NewBuffer(text))
	defer func() {
		d.Reset(nothing) // drop the text
		decoders.Put(d)
	}()
	values, digits := 0, 0
	for whole := false; ; whole = d.StackDepth() == 0 {
		token, err := d.ReadToken()
		switch {
		case errors.Is(err, io.EOF) && whole:
			return nil
		case errors.Is(err, jsontext.ErrDuplicateName):
			return ErrDuplicate
		case err != nil, whole:
			return ErrSyntax
		}
		switch token.Kind() {
		case jsontext.KindEndObject, jsontext.KindEndArray:
			continue
		case jsontext.KindBeginObject, jsontext.KindBeginArray:
			if d.StackDepth() > limits.Depth {
				return ErrDepth
			}
		case jsontext.KindNumber:
			digits = add(digits, Digits(token.String()))
		}
		if values++; values > limits.Values {
			return ErrValues
		}
		if digits > limits.Digits {
			return ErrDigits
		}
	}
}

// Digits returns the number of digits of a JSON number without its exponent. It
// returns math.MaxInt if the exponent itself has more than nine digits.
func Digits(number string) int {
	mantissa, exponent, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(number), "-"), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exp := 0
	if exponent != "" {
		var err error
		if exp, err = strconv.Atoi(exponent); err != nil || exp > 1e9 || exp < -1e9 {
			return math.MaxInt
		}
	}
	// The point moves by exp. At least one digit precedes it.
	return max(1, len(whole)+exp) + max(0, len(fraction)-exp)
}

// add returns a+b, or math.MaxInt on overflow.
func add(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

// hasLoneSurrogate finds an escaped UTF-16 surrogate without its other half
// (RFC 8259, section 8.2).
func hasLoneSurrogate(data []byte) bool {
	high := false // the previous escape was a high surrogate
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
