package rowfile

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/strictjson"
)

// things are the columns of a file in which all other columns are members of
// more.
var things = Columns{
	All:    []Column{{Name: "code"}, {Name: "name", Text: true}, {Name: "more", JSON: true}},
	Key:    []string{"name", "code"},
	Rest:   "more",
	Limits: strictjson.Limits{Depth: 5, Values: 100, Digits: 1000},
}

// closed are columns without further columns.
var closed = Columns{All: things.All[:2], Limits: things.Limits}

// hard are texts that are difficult for files.
var hard = []string{
	"plain", `"quoted"`, `a "quote" within`, "two\nlines", "two\r\nlines", "a\rreturn", "comma, semicolon; tab\tpipe|", " spaces ",
	"\ufeffBOM", "emoji 😀 é", "=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "'", "'=1", "''=1", "'plain",
	" =1", "\u00a0+1", "\u3000@x", "\u200b-1", "＝1+1", "＋1", "－1", "＠x", "' ＝1", "'' plain", "a=1", "' '=1", strings.Repeat("long ", 40), `\N`, "null", "<b>&",
}

// rows has each hard text once in each column.
func rows() (all [][]Value) {
	for n, text := range hard {
		row := []Value{Of(hard[(n+1)%len(hard)]), Of(text), Of(`{"a":[null,"=x"]}`)}
		if n%2 == 0 {
			row[0] = Value{Kind: Null}
		}
		all = append(all, row)
	}
	return all
}

func write(t *testing.T, format string, rows [][]Value) string {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, format, things.All)
	for _, row := range rows {
		if err == nil {
			err = w.Write(row)
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

// TestRoundTrip proves that the read values are the written values, even with a
// new reader after every third row.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, format := range []string{CSV, NDJSON} {
		want := rows()
		text := write(t, format, want)
		file, err := NewReader(strings.NewReader(text), things, Options{Format: format, Delimiter: ','})
		if err != nil {
			t.Fatal(err)
		}
		var got [][]Value
		for {
			if len(got)%3 == 2 {
				file.Resume(strings.NewReader(text[file.Mark().Bytes:]), file.Mark())
			}
			row, err := file.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || len(row.Faults) > 0 || len(row.Rest) > 0 {
				t.Fatalf("%s: %+v, %v", format, row, err)
			}
			got = append(got, row.Values)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-written +read):\n%s", format, diff)
		}
	}
}

// TestOtherColumns proves that an unknown column is a member of the rest, and
// that it is refused in a file without a rest.
func TestOtherColumns(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		columns      Columns
		format, text string
		want         string
	}{
		{"a cell", things, CSV, "name,colour,empty\na,red,\n", "[] [{colour colour red }]"},
		{"a mapped cell", things, CSV, "name,Farbe\na,red\n", "[] [{colour Farbe red }]"},
		{"a member", things, NDJSON, `{"name":"a","colour":null}`, "[] [{colour colour  null}]"},
		{"a mapped member", things, NDJSON, `{"name":"a","Farbe":"red"}`, `[] [{colour Farbe  "red"}]`},
		{"no place for a cell", closed, CSV, "name,colour\na,red\n", "Line 1: column 2 is none of code, name; map it by columns"},
		{"no place for a member", closed, NDJSON, `{"name":"a","colour":1}`, "[{colour is none of the members code, name}] []"},
		{"two for one", things, NDJSON, `{"name":"a","colour":1,"Farbe":2}`, "[{colour repeats another member}] [{colour Farbe  2}]"},
		{"a fault under its heading", things, CSV, "name,Farbe\na,\xff\n", "[{Farbe is not UTF-8: save the file as UTF-8}] []"},
		{"a fault of the row, beside a column that is left out", things, CSV, "name,x\na\n", "[{ has 1 cells, and the header 2}] []"},
		{"too deep without a rest", closed, NDJSON, `{"name":[[[[[[]]]]]]}`, "[{ is nested too deeply: values have at most 4 levels}] []"},
	} {
		mapping := map[string]string{"x": ""}
		if tt.columns.Rest != "" {
			mapping["Farbe"] = "more.colour"
		}
		file, err := NewReader(strings.NewReader(tt.text), tt.columns, Options{Format: tt.format, Delimiter: ',', Columns: mapping})
		got := fmt.Sprint(err)
		if err == nil {
			row, err := file.Next()
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
				continue
			}
			got = fmt.Sprintf("%v %s", row.Faults, row.Rest)
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestCheckMapping proves that each target of a mapping is a column, a member
// of the rest, or empty.
func TestCheckMapping(t *testing.T) {
	t.Parallel()
	for target, want := range map[string][2]string{
		"":       {"", ""},
		"name":   {"", ""},
		"title":  {"must have targets out of code, name, more and more.KEY, or empty ones", "must have targets out of code, name, or empty ones"},
		"more.x": {"", "must have targets out of code, name, or empty ones"},
		"more.":  {"must have targets out of code, name, more and more.KEY, or empty ones", "must have targets out of code, name, or empty ones"},
	} {
		for i, columns := range []Columns{things, closed} {
			got := ""
			if err := columns.Check(map[string]string{"a": target}); err != nil {
				got = err.Error()
			}
			if got != want[i] {
				t.Errorf("%q: %q, want %q", target, got, want[i])
			}
		}
	}
}

func TestNeutral(t *testing.T) {
	t.Parallel()
	for _, text := range hard {
		cell := Neutral(text)
		if dangerous(cell) {
			t.Errorf("%q is computed", cell)
		}
		if plain(cell) != text {
			t.Errorf("%q comes back as %q", text, plain(cell))
		}
	}
}

// dangerous reports, independently of formula, whether a spreadsheet would
// compute a cell. Its first visible character is a sign, or it begins a new
// cell.
func dangerous(cell string) bool {
	visible := strings.TrimLeftFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) })
	first, _ := utf8.DecodeRuneInString(visible)
	return strings.ContainsRune("=+-@＝＋－＠", first) && visible != "" || cell != "" && strings.ContainsAny(cell[:1], "\t\r\n")
}

func FuzzNeutral(f *testing.F) {
	for _, text := range hard {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cell := Neutral(text)
		if plain(cell) != text {
			t.Errorf("%q comes back as %q", text, plain(cell))
		}
		if dangerous(cell) {
			t.Errorf("%q is computed", cell)
		}
	})
}

// TestEveryCellIsNeutral proves that no spreadsheet computes a cell of a
// written file, in any column.
func TestEveryCellIsNeutral(t *testing.T) {
	t.Parallel()
	file := csv.NewReader(strings.NewReader(write(t, CSV, rows())))
	for {
		cells, err := file.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, cell := range cells {
			if dangerous(cell) {
				t.Errorf("%q is computed", cell)
			}
		}
	}
}

// endless is a file that never ends.
type endless struct {
	begin string
	read  int64
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	if e.read == 0 {
		copy(p, e.begin)
	}
	e.read += int64(len(p))
	return len(p), nil
}

func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		format, text string
		line         int64
		want         string
	}{
		"empty":                {CSV, "", 1, "empty"},
		"a separator only":     {CSV, "sep=;\n", 2, "no header"},
		"a strange separator":  {CSV, "sep=x\nname\na\n", 1, "comma, semicolon, tab and pipe"},
		"behind a separator":   {CSV, "sep=;\r\nname;\r\na;b\r\n", 2, "column 2"},
		"too many columns":     {CSV, "name" + strings.Repeat(",x", MaxColumns) + "\na\n", 1, "the header has more than 4096 cells"},
		"empty lines":          {CSV, "name\na\n" + strings.Repeat("\n", MaxRow+2), MaxRow + 4, "empty lines"},
		"empty NDJSON lines":   {NDJSON, "{\"name\":\"a\"}\n" + strings.Repeat(" \n", MaxRow/2+1), MaxRow/2 + 3, "empty lines"},
		"empty NDJSON":         {NDJSON, "", 1, "empty"},
		"a header only":        {CSV, "name\n", 2, "no row"},
		"wrong delimiter":      {CSV, "name;colour\na;b\n", 1, "delimiter=semicolon"},
		"two headers the same": {CSV, "name,x,x\na,b,c\n", 1, "column 3"},
		"no heading":           {CSV, "name,\na,b\n", 1, "column 2"},
		"a quote never closed": {CSV, "name\na\n\"b\nc\n", 3, "never closed"},
		"UTF-16":               {CSV, "\xff\xfen\x00", 1, "UTF-16"},
		"no name":              {CSV, "title\na\n", 1, "map one"},
		"a header that is not": {CSV, "na\xffme\na\n", 1, "UTF-8"},
	} {
		err := readAll(strings.NewReader(tt.text), tt.format)
		var broken *Broken
		if !errors.As(err, &broken) || broken.Line != tt.line || !strings.Contains(broken.Reason, tt.want) {
			t.Errorf("%s: %v, want line %d and %s", name, err, tt.line, tt.want)
		}
	}
	for _, format := range []string{CSV, NDJSON} {
		source := &endless{begin: "name\n\""}
		var broken *Broken
		if err := readAll(source, format); !errors.As(err, &broken) || source.read > 2*MaxRow {
			t.Errorf("an endless line of %s: %v after %d bytes", format, err, source.read)
		}
	}
}

func readAll(r io.Reader, format string) error {
	unpacked, err := Unpack(r, 64<<20)
	if err != nil {
		return err
	}
	file, err := NewReader(unpacked, things, Options{Format: format, Delimiter: ','})
	for err == nil {
		_, err = file.Next()
	}
	return err
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = io.WriteString(w, "name\n"+strings.Repeat("a row\n", 100_000)) // in memory
	_ = w.Close()
	if err := readAll(bytes.NewReader(packed.Bytes()), CSV); !errors.Is(err, io.EOF) {
		t.Errorf("a valid file: %v", err)
	}
	for name, text := range map[string][]byte{
		"cut off": packed.Bytes()[:packed.Len()-9],
		"damaged": append(bytes.Clone(packed.Bytes()[:packed.Len()/2]), bytes.Repeat([]byte{0xff}, 200)...),
		"no gzip": {0x1f, 0x8b, 0},
	} {
		var broken *Broken
		if err := readAll(bytes.NewReader(text), CSV); !errors.As(err, &broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r, err := Unpack(bytes.NewReader(packed.Bytes()), 1000)
	if err != nil {
		t.Fatal(err)
	}
	var broken *Broken
	if n, err := io.Copy(io.Discard, r); !errors.As(err, &broken) || n > 1000 {
		t.Errorf("a bomb: %v after %d bytes", err, n)
	}
}

// TestSeparatorThatContradicts proves that a line sep= is refused if the
// request has another delimiter.
func TestSeparatorThatContradicts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"sep=;\nname;x\na;b\n": "", "sep=|\nname|x\na|b\n": "contradicts", "sep=,\nname,x\na,b\n": "contradicts"} {
		_, err := NewReader(strings.NewReader(text), things, Options{Format: CSV, Delimiter: ';'})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
