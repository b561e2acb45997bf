package model_test

import (
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
		{`{"a":1,"a":2}`, `{"a":2}`},
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
		"array":           `[]`,
		"null":            `null`,
		"two objects":     `{}{}`,
		"not JSON":        `{`,
		"NUL in value":    `{"a":"\u0000"}`,
		"NUL in key":      `{"\u0000":1}`,
		"too deep":        strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 40),
		"too large":       `{"a":"` + strings.Repeat("x", model.MaxAttributesBytes) + `"}`,
		"too many digits": `{"a":1e401}`,
		"tiny number":     `{"a":1e-99999999999}`,
	} {
		if got, err := model.ParseAttributes([]byte(in)); err == nil {
			t.Errorf("%s: accepted as %.40s", name, got)
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	// RFC 7396, appendix A, where both are objects.
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

// TestCanonicalIsWhatPostgresReturns stores generated objects as jsonb: what
// comes back is what went in, which is what SQLite returns.
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

// object generates the text of a JSON object.
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
		members[i] = text.Draw(r, "key") + " : " + value
	}
	return "{" + strings.Join(members, ",") + "}"
}
