package model_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

func TestParseAttributes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{` { } `, `{}`},
		{`{"bb":1,"a":2,"c":3}`, `{"a":2,"c":3,"bb":1}`},
		{`{"n":[1.50,1e2,1.5e-3,-0,-0.0,1E1,100e-2,0.00e1,12345678901234567890]}`, `{"n":[1.50,100,0.0015,0,0.0,10,1.00,0.0,12345678901234567890]}`},
		{`{"s":"\u00e9\n\u0001\/<>\u2028\""}`, "{\"s\":\"é\\n\\u0001/<>\u2028\\\"\"}"},
		{`{"o":{"x":[true,false,null,{}]}}`, `{"o":{"x":[true,false,null,{}]}}`},
	} {
		got, err := model.ParseAttributes([]byte(tt.in))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: got %s, %v; want %s", tt.in, got, err, tt.want)
		}
		if again, err := model.ParseAttributes([]byte(got)); err != nil || again != got {
			t.Errorf("%s is not canonical: %s, %v", got, again, err)
		}
	}
}

func TestParseAttributesRefuses(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"array":                                  `[]`,
		"null":                                   `null`,
		"two objects":                            `{}{}`,
		"not JSON":                               `{`,
		"NUL in value":                           `{"a":"\u0000"}`,
		"NUL in key":                             `{"\u0000":1}`,
		"too deep":                               strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 40),
		"too large":                              `{"a":"` + strings.Repeat("x", model.MaxAttributesBytes) + `"}`,
		"too many digits":                        `{"a":1e401}`,
		"tiny number":                            `{"a":1e-99999999999}`,
		"zero, written out with too many digits": `{"a":0e401}`,
		"too many places":                        `{"a":1e-401}`,
		"too long a number":                      `{"a":1` + strings.Repeat("0", 400) + `}`,
		"NUL in an array":                        `{"a":["\u0000"]}`,
		"equal names":                            `{"a":1,"a":2}`,
		"equal names, deep":                      `{"a":[{"b":1,"\u0062":1}]}`,
		"half a surrogate pair":                  `{"a":"\ud83d"}`,
		"half a surrogate pair in a name":        `{"\ude00":1}`,
		"a byte that is not UTF-8":               "{\"a\":\"\xff\"}",
		"one level too deep":                     nested(33),
		"one byte too large":                     `{"a":"` + strings.Repeat("x", model.MaxAttributesBytes-7) + `"}`,
	} {
		if got, err := model.ParseAttributes([]byte(in)); err == nil {
			t.Errorf("%s: accepted as %.40s", name, got)
		}
	}
}

// nested makes an object with this many levels.
func nested(levels int) string {
	return strings.Repeat(`{"a":`, levels-1) + "{}" + strings.Repeat("}", levels-1)
}

func TestParseAttributesAcceptsTheBounds(t *testing.T) {
	t.Parallel()
	digits := strings.Repeat("9", 400)
	for name, in := range map[string]string{
		"levels":      nested(32),
		"bytes":       `{"a":"` + strings.Repeat("x", model.MaxAttributesBytes-8) + `"}`,
		"digits":      `{"a":` + digits + `}`,
		"places":      `{"a":0.` + digits + `}`,
		"exponent":    `{"a":0e400}`,
		"exponent, -": `{"a":1e-400}`,
	} {
		if _, err := model.ParseAttributes([]byte(in)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestControlsAreEscaped(t *testing.T) {
	t.Parallel()
	const want = `{"a":"\b\f\n\r\t\u001f\\\" ~"}`
	if got, err := model.ParseAttributes([]byte(`{"a":"\u0008\u000c\u000a\u000d\u0009\u001f\u005c\u0022\u0020~"}`)); err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	two, err := model.ParseValue([]byte(`2.0`))
	if err != nil {
		t.Fatal(err)
	}
	members, err := model.AttributesOf(map[string]any{"n": two, "s": "x"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		a    model.Attributes
		want model.Attributes
	}{{model.NoAttributes, `{"n":2.0,"s":"x"}`}, {`{"n":1,"oo":{"b":1,"aa":[1e2]},"s":null}`, `{"n":2.0,"s":"x","oo":{"b":1,"aa":[1e2]}}`}} {
		if got, err := tt.a.Set(members); err != nil || got != tt.want {
			t.Errorf("%s: got %s, %v; want %s", tt.a, got, err, tt.want)
		}
	}
	if _, err := model.ParseValue([]byte(`{`)); err == nil {
		t.Error("a value that is no JSON is accepted")
	}
	half := model.Attributes(`{"a":"` + strings.Repeat("x", model.MaxAttributesBytes/2) + `"}`)
	if _, err := half.Set(`{"b"` + half[4:]); err == nil {
		t.Error("two halves and a bit are accepted by Set")
	}
	if _, err := model.Attributes(`{`).Set(members); err == nil {
		t.Error("stored attributes that are no JSON are accepted by Set")
	}
	if _, err := model.Attributes(`{`).Merge([]byte(`{}`)); err == nil {
		t.Error("stored attributes that are no JSON are accepted by Merge")
	}
	if _, err := model.NoAttributes.Merge([]byte(`{`)); err == nil {
		t.Error("a patch that is no JSON is accepted")
	}
}

func TestAttributesScan(t *testing.T) {
	t.Parallel()
	for _, src := range []any{`{"a": 1}`, []byte(`{"a": 1}`)} {
		var a model.Attributes
		if err := a.Scan(src); err != nil || a != `{"a":1}` {
			t.Errorf("%T: got %s, %v", src, a, err)
		}
	}
	for _, src := range []any{1, `{`} {
		if err := new(model.Attributes).Scan(src); err == nil {
			t.Errorf("%v is accepted", src)
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	// The cases of RFC 7396, appendix A, in which both are objects.
	for _, tt := range []struct{ target, patch, want string }{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{"e":null}`, `{"a":1}`, `{"a":1,"e":null}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
	} {
		got, err := model.Attributes(tt.target).Merge([]byte(tt.patch))
		if err != nil || string(got) != tt.want {
			t.Errorf("merge %s into %s: got %s, %v; want %s", tt.patch, tt.target, got, err, tt.want)
		}
	}
}

// TestCanonicalIsWhatPostgresReturns stores generated objects as jsonb.
// Postgres must return the canonical form, as SQLite does.
func TestCanonicalIsWhatPostgresReturns(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, "postgres")
	rapid.Check(t, func(r *rapid.T) {
		in, err := model.ParseAttributes([]byte(object(r, 3)))
		if err != nil {
			r.Fatal(err)
		}
		if out := throughJSONB(t, db, in); out != in {
			r.Fatalf("Postgres returns %s for %s", out, in)
		}
	})
}

func throughJSONB(t *testing.T, db *database.DB, in model.Attributes) model.Attributes {
	t.Helper()
	var out model.Attributes
	if err := db.NewRaw("SELECT ?::jsonb", in).Scan(t.Context(), &out); err != nil {
		t.Fatalf("store %s: %v", in, err)
	}
	return out
}

// object generates a JSON object as text.
func object(r *rapid.T, depth int) string {
	text := rapid.StringMatching(`"([a-zé€😀 <>/-]|\\[nrtbf"\\/]|\\u00[1-9a-f][0-9a-f]|\\ud83d\\ude00)*"`)
	number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,2})?`)
	members := make([]string, rapid.IntRange(0, 5).Draw(r, "members"))
	for i := range members {
		var value string
		switch rapid.IntRange(0, 4).Draw(r, "kind") {
		case 0:
			value = text.Draw(r, "text")
		case 1:
			value = number.Draw(r, "number")
		case 2:
			value = rapid.SampledFrom([]string{"true", "false", "null", "[]"}).Draw(r, "word")
		case 3:
			value = "[" + number.Draw(r, "element") + " , " + text.Draw(r, "element") + "]"
		default:
			value = "{}"
			if depth > 0 {
				value = object(r, depth-1)
			}
		}
		members[i] = fmt.Sprintf(`"%d%s : %s`, i, text.Draw(r, "key")[1:], value) // all names differ
	}
	return "{" + strings.Join(members, ",") + "}"
}

// TestAttributesAreBoundedBeforeTheyAreDecoded proves that texts are refused
// without decoding if they would grow many times.
func TestAttributesAreBoundedBeforeTheyAreDecoded(t *testing.T) {
	const size = 1 << 20
	for name, element := range map[string]string{
		"long numbers":   "9e399",
		"empty objects":  "{}",
		"empty arrays":   "[]",
		"small numbers":  "0",
		"small objects":  `{"":0}`,
		"control bytes":  `"\u0001"`,
		"tiny fractions": "1e-399",
	} {
		for _, bytes := range []int{size, model.MaxAttributesText - 100} {
			text := []byte(`{"a":[` + strings.Repeat(element+",", bytes/(len(element)+1)) + element + `]}`)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, parsed := model.ParseAttributes(text)
			_, merged := model.NoAttributes.Merge(text)
			_, value := model.ParseValue(text[5 : len(text)-1])
			runtime.ReadMemStats(&after)
			if parsed == nil || merged == nil {
				t.Errorf("%s, %d bytes: accepted", name, len(text))
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 20<<20 {
				t.Errorf("%s, %d bytes: allocated %d bytes (%v)", name, len(text), took, value)
			}
		}
	}
}

// TestAttributesOfAnySizeKeepTheirBound accepts generated texts up to
// MaxAttributesBytes and refuses longer ones. The limits before decoding refuse
// no text that would fit.
func TestAttributesOfAnySizeKeepTheirBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		element := rapid.SampledFrom([]string{"0", "-1", `""`, "{}", "[]", "null", "1e9", `{"":0}`, "[[0]]", `{"a":[1]}`}).Draw(r, "element")
		n := rapid.IntRange(1, 40_000).Draw(r, "elements")
		text := `{"":[` + strings.Repeat(element+",", n-1) + element + `]}`
		written := len(element)
		if element == "1e9" {
			written = 10
		}
		size := len(`{"":[]}`) + n*(written+1) - 1
		_, err := model.ParseAttributes([]byte(text))
		if fits := size <= model.MaxAttributesBytes; (err == nil) != fits {
			r.Fatalf("%d of %s, %d bytes: %v", n, element, size, err)
		}
	})
}
