package strictjson_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fualab/fualab/shared/strictjson"
)

var limits = strictjson.Limits{Depth: 4, Values: 20, Digits: 1000}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       error
	}{
		{"an object", `{"a":[1,2,{"b":null}],"c":"x"}`, nil},
		{"white space around", " \n[1]\t", nil},
		{"a string alone", `"x"`, nil},
		{"equal names in different objects", `[{"a":1},{"a":1},{"b":{"b":1}}]`, nil},
		{"names that differ in case", `{"a":1,"A":1}`, nil},
		{"a pair of surrogates", `"\ud83d\ude00"`, nil},
		{"nothing", "", strictjson.ErrSyntax},
		{"white space", " ", strictjson.ErrSyntax},
		{"two values", `1 2`, strictjson.ErrSyntax},
		{"text behind", `{} x`, strictjson.ErrSyntax},
		{"half an object", `{"a":`, strictjson.ErrSyntax},
		{"a leading zero", `[01]`, strictjson.ErrSyntax},
		{"not a number", `[NaN]`, strictjson.ErrSyntax},
		{"a comma too many", `[1,]`, strictjson.ErrSyntax},
		{"a control character", "\"\n\"", strictjson.ErrSyntax},
		{"a byte of Latin-1", "\"\xe9\"", strictjson.ErrUTF8},
		{"the first half of a pair", `"\ud83d"`, strictjson.ErrSurrogate},
		{"the second half of a pair", `"\ude00"`, strictjson.ErrSurrogate},
		{"halves apart", `"\ud83d-\ude00"`, strictjson.ErrSurrogate},
		{"half a pair in a name", `{"\ud83d":1}`, strictjson.ErrSurrogate},
		{"equal names", `{"a":1,"b":2,"a":1}`, strictjson.ErrDuplicate},
		{"equal names, one of them escaped", `{"a":1,"\u0061":1}`, strictjson.ErrDuplicate},
		{"equal names deep inside", `[{"x":{"a":1,"a":1}}]`, strictjson.ErrDuplicate},
		{"as deep as allowed", `[[[[]]]]`, nil},
		{"deeper", `[[[[[]]]]]`, strictjson.ErrDepth},
		{"deep in turns", `{"a":[{"a":[{}]}]}`, strictjson.ErrDepth},
		{"as many values as allowed", `[` + strings.Repeat("0,", 18) + `0]`, nil},
		{"one more value", `[` + strings.Repeat("0,", 19) + `0]`, strictjson.ErrValues},
		{"names count as values", `{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"j":0}`, strictjson.ErrValues},
		{"as many digits as allowed", `[1e998,0]`, nil},
		{"one digit more", `[1e998,0,0]`, strictjson.ErrDigits},
		{"digits behind the point", `[1e-1000]`, strictjson.ErrDigits},
		{"an exponent of many digits", `[1e99999999999999999999]`, strictjson.ErrDigits},
		{"sums that overflow", `[1e999999999999999999,1e999999999999999999]`, strictjson.ErrDigits},
	} {
		if got := strictjson.Check([]byte(test.text), limits); !errors.Is(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestDigits(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]int{
		"0": 1, "-1": 1, "12": 2, "1.5": 2, "-0.25": 3, "1e3": 4, "1E+3": 4, "1e-3": 4, "12.5e1": 3, "12.5e-1": 3,
		"1.25e1": 3, "0e5": 6, "1e1000000000": 1000000001, "1e1000000001": math.MaxInt, "1e-99999999999": math.MaxInt,
	} {
		if got := strictjson.Digits(number); got != want {
			t.Errorf("%s: got %d, want %d", number, got, want)
		}
	}
}

// FuzzCheck proves that encoding/json decodes each accepted text.
func FuzzCheck(f *testing.F) {
	for _, text := range []string{`{"a":[1e5,"\ud83d\ude00",null]}`, `{"a":1,"a":2}`, `"\ud83d"`, "[1]\x00", `{"\u0000":0}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		err := strictjson.Check(text, strictjson.Limits{Depth: 64, Values: 1000, Digits: 10_000})
		if err != nil {
			return
		}
		if !utf8.Valid(text) || !json.Valid(text) {
			t.Errorf("%q passes", text)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	text := []byte(`{"name":"Sample","description":"A sample of the usual length, in one sentence.","attributes":{"colour":"red","size":[1,2.5,3]}}`)
	for b.Loop() {
		if err := strictjson.Check(text, strictjson.Limits{Depth: 64, Values: 1000, Digits: 1000}); err != nil {
			b.Fatal(err)
		}
	}
}
