package items

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/rowfile"
)

// texts are some texts that are difficult for files; package rowfile has more.
var texts = []string{"plain", `"quoted"`, "two\nlines", "two\r\nlines", "comma, semicolon; tab\tpipe|", " spaces ", "emoji 😀 é", "=1+1", "'=1", `\N`, "null", "<b>&"}

func items() []*Item {
	at := model.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 123456000, time.UTC))
	var all []*Item
	for n, text := range texts {
		f := Fields{Name: text, Description: texts[(n+1)%len(texts)], Attributes: model.NoAttributes}
		if n%2 == 0 {
			id := fmt.Sprint(text, n)
			f.ExternalID, f.ExpiresAt = &id, &at
			f.Attributes, _ = model.ParseAttributes([]byte(`{"null":null,"n":1.50,"nested":{"a":[null,"=x"]},"text":"\"\n\\"}`))
		}
		if n%3 == 0 {
			f.Description = ""
		}
		all = append(all, New(f, at))
	}
	return all
}

// cells are an item as an export writes it.
func cells(i *Item) []rowfile.Value {
	row := make([]rowfile.Value, columnCount)
	row[idColumn] = rowfile.Value{Kind: rowfile.Null}
	if i.ExternalID != nil {
		row[idColumn] = rowfile.Of(*i.ExternalID)
	}
	row[nameColumn] = rowfile.Of(i.Name)
	row[descriptionColumn] = rowfile.Of(i.Description)
	row[attributesColumn] = rowfile.Of(string(i.Attributes))
	row[expiresAtColumn] = rowfile.Value{Kind: rowfile.Null}
	if i.ExpiresAt != nil {
		row[expiresAtColumn] = rowfile.Of(i.ExpiresAt.String())
	}
	row[createdAtColumn] = rowfile.Of(i.CreatedAt.String())
	return row
}

func write(t *testing.T, format string, items []*Item) string {
	t.Helper()
	var out bytes.Buffer
	w, err := rowfile.NewWriter(&out, format, columns.All)
	for _, item := range items {
		if err == nil {
			err = w.Write(cells(item))
		}
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// read returns the items of a file, with a new reader after every third row.
func read(t *testing.T, format, text string) []*Item {
	t.Helper()
	file, err := NewReader(strings.NewReader(text), rowfile.Options{Format: format, Delimiter: ','})
	if err != nil {
		t.Fatal(err)
	}
	var all []*Item
	for {
		if len(all)%3 == 2 {
			file.Resume(strings.NewReader(text[file.Mark().Bytes:]), file.Mark())
		}
		row, err := file.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		fields, faults := row.Apply(Fields{})
		if len(faults) > 0 {
			t.Fatalf("line %d: %v", row.Line, faults)
		}
		all = append(all, New(fields, *row.CreatedAt))
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, format := range []string{rowfile.CSV, rowfile.NDJSON} {
		want := items()
		text := write(t, format, want)
		got := read(t, format, text)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(model.Time{})); diff != "" {
			t.Errorf("%s (-written +read):\n%s", format, diff)
		}
		if again := write(t, format, got); again != text {
			t.Errorf("%s: written again it is another file", format)
		}
	}
}

// members makes n members of a JSON object that follow other members.
func members(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, `,"%d":0`, i)
	}
	return text.String()
}

// TestNumbersStayExact proves that each file format keeps a number of 400
// digits.
func TestNumbersStayExact(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"1.8e308", "1e399", "-1e399", strings.Repeat("9", 400), "1e-399"} {
		want, err := model.ParseAttributes([]byte(`{"n":` + number + `}`))
		if err != nil {
			t.Fatal(err)
		}
		for format, text := range map[string]string{
			"member": `{"name":"a","n":` + number + `}`, "object": `{"name":"a","attributes":{"n":` + number + `}}`,
			"cell": "name,attributes\na,\"{\"\"n\"\":" + number + "}\"\n",
		} {
			o := rowfile.Options{Format: rowfile.NDJSON}
			if format == "cell" {
				o = rowfile.Options{Format: rowfile.CSV, Delimiter: ','}
			}
			file, err := NewReader(strings.NewReader(text), o)
			if err != nil {
				t.Fatal(err)
			}
			row, err := file.Next()
			if err != nil {
				t.Fatal(err)
			}
			if f, faults := row.Apply(Fields{}); f.Attributes != want || len(faults) > 0 {
				t.Errorf("%s as a %s: %v", number, format, faults)
			}
		}
	}
}

// TestRowsAreBoundedInMemory proves that a row of few bytes and many values is
// refused before the values are made, with a short list of faults.
func TestRowsAreBoundedInMemory(t *testing.T) {
	repeat := func(begin, element, end string) string {
		return begin + strings.Repeat(element, (rowfile.MaxRow-100)/len(element)) + end
	}
	for name, tt := range map[string]struct{ format, text string }{
		"long numbers":      {rowfile.NDJSON, repeat(`{"name":"a","a":[`, "9e399,", "0]}")},
		"objects":           {rowfile.NDJSON, repeat(`{"name":"a","a":[`, "{},", "0]}")},
		"zeros":             {rowfile.NDJSON, repeat(`{"name":"a","attributes":{"a":[`, "0,", "0]}}")},
		"controls":          {rowfile.NDJSON, repeat(`{"name":"a","b":"`, `\u0001`, `"}`)},
		"a deep one":        {rowfile.NDJSON, repeat(`{"name":"a","b":`, `[`, `0}`)},
		"a wide row":        {rowfile.CSV, repeat("name,b\na", ",1", "\n")},
		"faults":            {rowfile.CSV, "name" + strings.ReplaceAll(members(4000), ":0", "") + "\na" + strings.Repeat(",\xff", 4000) + "\n"},
		"a long heading":    {rowfile.CSV, "name," + strings.Repeat("x", rowfile.MaxRow/2) + "\na,\xff\n"},
		"JSON in a cell":    {rowfile.CSV, repeat("name,attributes\na,\"{\"\"a\"\":[", "9e399,", "0]}\"\n")},
		"controls in cells": {rowfile.CSV, repeat("name,b\na,\"", "\x01", "\"\n")},
	} {
		file, err := NewReader(strings.NewReader(tt.text), rowfile.Options{Format: tt.format, Delimiter: ','})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		row, err := file.Next()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, faults := row.Apply(Fields{})
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 24<<20 {
			t.Errorf("%s: a row of %d bytes allocated %d", name, len(tt.text), took)
		}
		if len(faults) == 0 || len(faults) > rowfile.MaxFaults {
			t.Errorf("%s: %d faults", name, len(faults))
		}
		for _, fault := range faults {
			if len(fault.Column) > 300 {
				t.Errorf("%s: a fault names a column of %d bytes", name, len(fault.Column))
			}
		}
		if row.Size() > 64<<10 {
			t.Errorf("%s: a faulty row holds %d bytes", name, row.Size())
		}
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, format, row, want string
	}{
		{"unknown columns", rowfile.CSV, "name,colour,size\na,red,\n", `a "" {"colour":"red"}`},
		{"mapped", rowfile.CSV, "Titel,Farbe,x\na,red,y\n", `a "" {"colour":"red"}`},
		{"CRLF and a blank line", rowfile.CSV, "name,description\r\n\r\na,\"b\r\nc\"\r\n", `a "b\r\nc" {}`},
		{"no end of line", rowfile.CSV, "name\na", `a "" {}`},
		{"too few cells", rowfile.CSV, "name,x\na\n", `[{ has 1 cells, and the header 2}]`},
		{"not UTF-8", rowfile.CSV, "name\na\xff\n", `[{name is not UTF-8: save the file as UTF-8}]`},
		{"NUL", rowfile.CSV, "name\na\x00\n", `[{name must not contain the NUL character}]`},
		{"text behind a quote", rowfile.CSV, "name\n\"a\"b\n", `[{ has text behind a closing quote; write a quote inside of quotes twice}]`},
		{"no name", rowfile.CSV, "name,description\n,b\n", `[{name must not be empty}]`},
		{"no time", rowfile.CSV, "name,expires_at\na,soon\n", `[{expires_at must be a date and time as in RFC 3339, such as 2030-01-31T12:00:00Z}]`},
		{"members", rowfile.NDJSON, `{"name":"a","colour":{"x":null},"n":null}`, `a "" {"n":null,"colour":{"x":null}}`},
		{"no object", rowfile.NDJSON, `[1]`, `[{ is not one JSON object}]`},
		{"no string", rowfile.NDJSON, `{"name":1}`, `[{name must be a string}]`},
		{"no string for a time", rowfile.NDJSON, `{"name":"a","expires_at":1}`, `[{expires_at must be a string}]`},
		{"null", rowfile.NDJSON, `null`, `[{ is not one JSON object}]`},
		{"a separator", rowfile.CSV, "sep=;\r\nname;colour\r\na;red\r\n", `a "" {"colour":"red"}`},
		{"a separator of tabs", rowfile.CSV, "SEP=\t\nname\tcolour\na\tred\n", `a "" {"colour":"red"}`},
		{"a separator behind a mark", rowfile.CSV, "\ufeffsep=|\nname|colour\na|red\n", `a "" {"colour":"red"}`},
		{"a comma as separator", rowfile.CSV, "sep=,\nname,colour\na,red\n", `a "" {"colour":"red"}`},
		{"cut between CR and LF", rowfile.CSV, "name\r\na\r", `a "" {}`},
		{"cut behind a quote and CR", rowfile.CSV, "name\r\n\"a\"\r", `a "" {}`},
		{"CR in the quotes of the last cell", rowfile.CSV, "name\r\n\"a\r\"", "a\r \"\" {}"},
		{"another letter case", rowfile.NDJSON, `{"name":"a","NAME":"b","Name":"c"}`, `a "" {"NAME":"b","Name":"c"}`},
		{"only another letter case", rowfile.NDJSON, `{"Name":"c"}`, `[{name must not be empty}]`},
		{"equal members", rowfile.NDJSON, `{"name":"a","name":"b"}`, `[{ has two members of the same name in one object}]`},
		{"equal members, one escaped", rowfile.NDJSON, `{"name":"a","\u006eame":"b"}`, `[{ has two members of the same name in one object}]`},
		{"equal attributes", rowfile.NDJSON, `{"name":"a","x":{"y":1,"y":2}}`, `[{ has two members of the same name in one object}]`},
		{"equal attributes in a cell", rowfile.CSV, "name,attributes\na,\"{\"\"x\"\":1,\"\"x\"\":2}\"\n", `[{attributes has two members of the same name in one object}]`},
		{"half a surrogate pair", rowfile.NDJSON, `{"name":"x\ud83d"}`, `[{ has half of a \u surrogate pair}]`},
		{"half a surrogate pair in a cell", rowfile.CSV, "name,attributes\na,\"{\"\"x\"\":\"\"\\ud800\"\"}\"\n", `[{attributes has half of a \u surrogate pair}]`},
		{"more than a float", rowfile.NDJSON, `{"name":"a","n":1e2,"attributes":{"m":123456789012345678901234567890.10}}`, `a "" {"m":123456789012345678901234567890.10,"n":100}`},
		{"too many members", rowfile.NDJSON, `{"name":"a"` + members(rowfile.MaxColumns) + `}`, `[{ has more than 4096 members; remove or join some}]`},
		{"too deep", rowfile.NDJSON, `{"name":"a","x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, `[{ is nested too deeply: attributes have at most 32 levels}]`},
		{"too many cells", rowfile.CSV, "name,x\na" + strings.Repeat(",1", rowfile.MaxColumns) + "\n", `[{ has more than 4096 cells; remove or join columns}]`},
		{"two objects", rowfile.NDJSON, `{"name":"a"} {}`, `[{ is not one JSON object}]`},
		{"null for a name", rowfile.NDJSON, `{"name":null}`, `[{name must not be empty}]`},
		{"no UTF-8", rowfile.NDJSON, "{\"name\":\"a\xff\"}", `[{ is not UTF-8: save the file as UTF-8}]`},
	} {
		o := rowfile.Options{Format: tt.format, Delimiter: ','}
		if tt.name == "mapped" {
			o.Columns = map[string]string{"Titel": "name", "Farbe": "attributes.colour", "x": ""}
		}
		file, err := NewReader(strings.NewReader(tt.row), o)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		row, err := file.Next()
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		f, faults := row.Apply(Fields{})
		got := fmt.Sprintf("%s %q %s", f.Name, f.Description, f.Attributes)
		if len(faults) > 0 {
			got = fmt.Sprint(faults)
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
