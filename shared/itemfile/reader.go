package itemfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxRow bounds a row, in bytes: several times the largest item.
const MaxRow = 1 << 20

// Broken is why a file cannot be read on: a sentence for the client.
type Broken struct {
	Line   int64
	Reason string
}

func (b *Broken) Error() string { return fmt.Sprintf("Line %d: %s", b.Line, b.Reason) }

// Options say how to read a file.
type Options struct {
	Format    string
	Delimiter byte              // of a CSV
	Columns   map[string]string // what each heading is for; others go by their name
}

// Delimiters are those that a CSV may have, by name.
var Delimiters = map[string]byte{"comma": ',', "semicolon": ';', "tab": '\t', "pipe": '|'}

// Mark is a place between two rows of a file.
type Mark struct {
	Bytes, Line, Rows int64 // that come before it
}

// Reader reads a file row by row, in memory for one. It is made by NewReader.
type Reader struct {
	in       *bufio.Reader
	options  Options
	mark     Mark
	headings []heading
	names    map[string]string // the heading of each column
}

type heading struct {
	name, target string
	attribute    bool
}

// NewReader returns a Reader at the first row of the file that r holds, or a
// *Broken error for one that has none that can be read, or r's error.
func NewReader(r io.Reader, o Options) (*Reader, error) {
	f := &Reader{in: bufio.NewReaderSize(r, 64<<10), options: o}
	if err := f.begin(); err != nil {
		return nil, err
	}
	if o.Format == CSV {
		if err := f.header(); err != nil {
			return nil, err
		}
	}
	if _, err := f.in.Peek(1); errors.Is(err, io.EOF) {
		return nil, f.broken("there is no row: nothing follows")
	} else if err != nil {
		return nil, err
	}
	return f, nil
}

// Resume goes on at mark, where r begins.
func (f *Reader) Resume(r io.Reader, mark Mark) {
	f.in.Reset(r)
	f.mark = mark
}

// Mark returns where the next row begins.
func (f *Reader) Mark() Mark { return f.mark }

// begin looks for what marks an encoding.
func (f *Reader) begin() error {
	first, err := f.in.Peek(3)
	switch {
	case len(first) == 0 && errors.Is(err, io.EOF):
		return &Broken{1, "the file is empty"}
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case len(first) == 3 && string(first) == "\ufeff":
		_, err := f.in.Discard(3)
		f.mark.Bytes = 3
		return err
	case len(first) >= 2 && (string(first[:2]) == "\xff\xfe" || string(first[:2]) == "\xfe\xff"):
		return &Broken{1, "the file is in UTF-16: save it as UTF-8"}
	}
	return nil
}

func (f *Reader) broken(reason string, args ...any) error {
	return &Broken{f.mark.Line + 1, fmt.Sprintf(reason, args...)}
}

// header reads the first row of a CSV.
func (f *Reader) header() error {
	cells, _, fault, err := f.record()
	if errors.Is(err, io.EOF) {
		return &Broken{1, "the file is empty"}
	}
	if err != nil {
		return err
	}
	if fault != "" {
		return &Broken{1, fault}
	}
	seen := make(map[string]bool, len(cells))
	f.names = make(map[string]string, len(cells))
	for n, cell := range cells {
		name := strings.TrimSpace(plain(cell))
		if !utf8.ValidString(name) {
			return &Broken{1, "the header is not UTF-8: save the file as UTF-8"}
		}
		column, attribute := target(name, f.options.Columns)
		switch key := fmt.Sprint(attribute, column); {
		case name == "":
			return &Broken{1, fmt.Sprintf("column %d has no heading", n+1)}
		case column != "" && seen[key]:
			return &Broken{1, fmt.Sprintf("column %d is for the same as one before it", n+1)}
		default:
			seen[key] = true
		}
		f.headings = append(f.headings, heading{name, column, attribute})
		if !attribute {
			f.names[column] = name
		}
	}
	if f.names[Name] == "" && f.names[ExternalID] == "" {
		return &Broken{1, "no column is name or external_id" + f.hint(cells)}
	}
	return nil
}

// hint guesses at another delimiter.
func (f *Reader) hint(cells []string) string {
	for _, name := range []string{"semicolon", "tab", "pipe", "comma"} {
		if d := Delimiters[name]; len(cells) == 1 && d != f.options.Delimiter && strings.IndexByte(cells[0], d) >= 0 {
			return "; the delimiter seems to be a " + name + ", so say delimiter=" + name
		}
	}
	return "; map one by columns"
}

// Next returns the next row, io.EOF at the end, a *Broken error if the file
// cannot be read on, or the error of what it is read from. A row with faults is
// one that Apply refuses.
func (f *Reader) Next() (*Row, error) {
	for {
		var row *Row
		var err error
		if f.options.Format == CSV {
			row, err = f.nextCSV()
		} else {
			row, err = f.nextNDJSON()
		}
		if row != nil || err != nil {
			return row, err
		}
	}
}

// nextCSV returns nil for an empty line.
func (f *Reader) nextCSV() (*Row, error) {
	at := f.mark.Line + 1
	cells, quoted, fault, err := f.record()
	if err != nil {
		return nil, err
	}
	if len(cells) == 1 && cells[0] == "" && !quoted {
		return nil, nil //nolint:nilnil // as documented
	}
	f.mark.Rows++
	row := &Row{Line: at, names: f.names}
	switch {
	case fault != "":
		row.fault("", fault)
	case len(cells) != len(f.headings):
		row.fault("", fmt.Sprintf("has %d cells, and the header %d", len(cells), len(f.headings)))
	default:
		for n, h := range f.headings {
			row.cell(h, cells[n])
		}
	}
	return row, nil
}

// nextNDJSON returns nil for an empty line.
func (f *Reader) nextNDJSON() (*Row, error) {
	at := f.mark.Line + 1
	var text []byte
	for {
		part, err := f.in.ReadSlice('\n')
		text = append(text, part...)
		f.mark.Bytes += int64(len(part))
		if len(text) > MaxRow {
			return nil, f.broken("is longer than %d bytes", MaxRow)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if errors.Is(err, io.EOF) && len(text) == 0 {
			return nil, io.EOF
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		break
	}
	f.mark.Line++
	line := strings.TrimSpace(string(text))
	if line == "" {
		return nil, nil //nolint:nilnil // as documented
	}
	f.mark.Rows++
	row := &Row{Line: at}
	row.object(line, f.options.Columns)
	return row, nil
}

// record reads a CSV's next record. fault says what is wrong with it, quoted
// whether any of its cells was in quotes.
func (f *Reader) record() (cells []string, quoted bool, fault string, err error) {
	begin := f.mark.Line + 1
	var cell []byte
	var inside, closed bool
	size := 0
	for {
		c, err := f.in.ReadByte()
		if errors.Is(err, io.EOF) {
			switch {
			case inside:
				return nil, false, "", &Broken{begin, "a quote in the row that begins here is never closed"}
			case size == 0:
				return nil, false, "", io.EOF
			}
			f.mark.Line++
			return append(cells, string(cell)), quoted, fault, nil
		}
		if err != nil {
			return nil, false, "", err
		}
		f.mark.Bytes++
		if size++; size > MaxRow {
			return nil, false, "", &Broken{begin, fmt.Sprintf("the row that begins here is longer than %d bytes; is a quote not closed?", MaxRow)}
		}
		if c == '\n' {
			f.mark.Line++
		}
		switch {
		case inside && c == '"':
			inside, closed = false, true
		case inside:
			cell = append(cell, c)
		case c == '"' && closed: // doubled
			cell, inside, closed = append(cell, c), true, false
		case c == '"' && len(cell) == 0:
			inside, quoted = true, true
		case c == f.options.Delimiter:
			cells, cell, closed = append(cells, string(cell)), cell[:0], false
		case c == '\n':
			if n := len(cell); n > 0 && cell[n-1] == '\r' && !closed {
				cell = cell[:n-1]
			}
			return append(cells, string(cell)), quoted, fault, nil
		case closed && c == '\r':
			if next, err := f.in.Peek(1); err != nil || next[0] != '\n' {
				fault = "has text behind a closing quote; write a quote inside of quotes twice"
			}
		case closed:
			fault = "has text behind a closing quote; write a quote inside of quotes twice"
		default:
			cell = append(cell, c)
		}
	}
}
