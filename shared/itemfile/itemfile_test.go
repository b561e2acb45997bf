package itemfile

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/model"
)

// hard are texts that files get wrong.
var hard = []string{
	"plain", `"quoted"`, `a "quote" within`, "two\nlines", "two\r\nlines", "a\rreturn", "comma, semicolon; tab\tpipe|", " spaces ",
	"\ufeffBOM", "emoji 😀 é", "=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "'", "'=1", "''=1", "'plain", strings.Repeat("long ", 40), `\N`, "null", "<b>&",
}

func items() []*model.Item {
	at := model.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 123456000, time.UTC))
	var all []*model.Item
	for n, text := range hard {
		f := model.ItemFields{Name: text, Description: hard[(n+1)%len(hard)], Attributes: model.NoAttributes}
		if n%2 == 0 {
			id := fmt.Sprint(text, n)
			f.ExternalID, f.ExpiresAt = &id, &at
			f.Attributes, _ = model.ParseAttributes([]byte(`{"null":null,"n":1.50,"nested":{"a":[null,"=x"]},"text":"\"\n\\"}`))
		}
		if n%3 == 0 {
			f.Description = ""
		}
		all = append(all, model.NewItem(f, at))
	}
	return all
}

func write(t *testing.T, format string, items []*model.Item) string {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, format)
	for _, item := range items {
		if err == nil {
			err = w.Write(item)
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

// read returns what a file holds, reading on anew after every third row.
func read(t *testing.T, format, text string) []*model.Item {
	t.Helper()
	file, err := NewReader(strings.NewReader(text), Options{Format: format, Delimiter: ','})
	if err != nil {
		t.Fatal(err)
	}
	var all []*model.Item
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
		fields, faults := row.Apply(model.ItemFields{})
		if len(faults) > 0 {
			t.Fatalf("line %d: %v", row.Line, faults)
		}
		all = append(all, model.NewItem(fields, *row.CreatedAt))
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, format := range []string{CSV, NDJSON} {
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

func TestNeutral(t *testing.T) {
	t.Parallel()
	for _, text := range hard {
		cell := Neutral(text)
		if strings.ContainsAny(cell[:1], "=+-@\t\r\n") {
			t.Errorf("%q is computed", cell)
		}
		if plain(cell) != text {
			t.Errorf("%q comes back as %q", text, plain(cell))
		}
	}
}

func FuzzNeutral(f *testing.F) {
	for _, text := range hard {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if plain(Neutral(text)) != text {
			t.Errorf("%q comes back as %q", text, plain(Neutral(text)))
		}
	})
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
		"empty NDJSON":         {NDJSON, "", 1, "empty"},
		"a header only":        {CSV, "name\n", 2, "no row"},
		"wrong delimiter":      {CSV, "name;description\na;b\n", 1, "delimiter=semicolon"},
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
	file, err := NewReader(unpacked, Options{Format: format, Delimiter: ','})
	for err == nil {
		_, err = file.Next()
	}
	return err
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = io.WriteString(w, "name\n"+strings.Repeat("a row\n", 100_000)) // into memory
	_ = w.Close()
	if err := readAll(bytes.NewReader(packed.Bytes()), CSV); !errors.Is(err, io.EOF) {
		t.Errorf("a good one: %v", err)
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

func TestRows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, format, row, want string
	}{
		{"unknown columns", CSV, "name,colour,size\na,red,\n", `a "" {"colour":"red"}`},
		{"mapped", CSV, "Titel,Farbe,x\na,red,y\n", `a "" {"colour":"red"}`},
		{"CRLF and a blank line", CSV, "name,description\r\n\r\na,\"b\r\nc\"\r\n", `a "b\r\nc" {}`},
		{"no end of line", CSV, "name\na", `a "" {}`},
		{"too few cells", CSV, "name,x\na\n", `[{ has 1 cells, and the header 2}]`},
		{"not UTF-8", CSV, "name\na\xff\n", `[{name is not UTF-8: save the file as UTF-8}]`},
		{"NUL", CSV, "name\na\x00\n", `[{name must not contain the NUL character}]`},
		{"text behind a quote", CSV, "name\n\"a\"b\n", `[{ has text behind a closing quote; write a quote inside of quotes twice}]`},
		{"no name", CSV, "name,description\n,b\n", `[{name must not be empty}]`},
		{"no time", CSV, "name,expires_at\na,soon\n", `[{expires_at must be a date and time as in RFC 3339, such as 2030-01-31T12:00:00Z}]`},
		{"members", NDJSON, `{"name":"a","colour":{"x":null},"n":null}`, `a "" {"n":null,"colour":{"x":null}}`},
		{"no object", NDJSON, `[1]`, `[{ is not one JSON object}]`},
		{"no string", NDJSON, `{"name":1}`, `[{name must be a string}]`},
	} {
		o := Options{Format: tt.format, Delimiter: ','}
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
		f, faults := row.Apply(model.ItemFields{})
		got := fmt.Sprintf("%s %q %s", f.Name, f.Description, f.Attributes)
		if len(faults) > 0 {
			got = fmt.Sprint(faults)
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
