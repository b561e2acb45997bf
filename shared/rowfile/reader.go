package rowfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Broken is the reason why the rest of a file is unreadable: a sentence for the
// client.
type Broken struct {
	Line   int64
	Reason string
}

func (b *Broken) Error() string { return fmt.Sprintf("Line %d: %s", b.Line, b.Reason) }

// Options describe a file.
type Options struct {
	Format    string
	Delimiter byte              // of a CSV
	Columns   map[string]string // the column of a heading; other headings name their column
}

// Delimiters are the accepted delimiters of a CSV, by name.
var Delimiters = map[string]byte{"comma": ',', "semicolon": ';', "tab": '\t', "pipe": '|'}

// Mark is a position between two rows of a file.
type Mark struct {
	Bytes, Line, Rows int64 // the numbers before the position
}

// Reader reads a file row by row, with one row in memory. NewReader makes it.
type Reader struct {
	in       *bufio.Reader
	columns  Columns
	options  Options
	mark     Mark
	headings []heading // of a CSV
	names    Headings
	text     []byte // the last row of NDJSON
}

type heading struct {
	name string
	place
}

// NewReader returns a Reader at the first row of the file r. It returns a
// *Broken error if the file has no readable row, or the error of r.
func NewReader(r io.Reader, columns Columns, o Options) (*Reader, error) {
	f := &Reader{in: bufio.NewReaderSize(r, 64<<10), columns: columns, options: o}
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

// Resume continues at mark, the position where r begins.
func (f *Reader) Resume(r io.Reader, mark Mark) {
	f.in.Reset(r)
	f.mark = mark
}

// Mark returns the position of the next row.
func (f *Reader) Mark() Mark { return f.mark }

// begin reads the byte order mark.
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

// separator reads the line sep=; that Excel writes and reads before the header.
// It sets the delimiter, unless the options have another delimiter than the
// comma, their default.
func (f *Reader) separator() error {
	line, err := f.in.Peek(len("sep=;\r\n"))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	text, _, ended := bytes.Cut(line, []byte("\n"))
	length := len(text) + 1
	text = bytes.TrimSuffix(text, []byte("\r"))
	if !ended || len(text) != len("sep=;") || !strings.EqualFold(string(text[:4]), "sep=") {
		return nil
	}
	said := text[4]
	switch {
	case !isDelimiter(said):
		return &Broken{1, fmt.Sprintf("sep=%c is none of the delimiters comma, semicolon, tab and pipe", rune(said))}
	case f.options.Delimiter != ',' && f.options.Delimiter != said:
		return &Broken{1, fmt.Sprintf("sep=%c contradicts the delimiter of the request: remove one of them", said)}
	}
	f.options.Delimiter = said
	f.mark.Bytes += int64(length)
	f.mark.Line++
	_, err = f.in.Discard(length)
	return err
}

func isDelimiter(c byte) bool {
	for _, d := range Delimiters {
		if c == d {
			return true
		}
	}
	return false
}

// header reads the first row of a CSV.
func (f *Reader) header() error {
	if err := f.separator(); err != nil {
		return err
	}
	line := f.mark.Line + 1
	broken := func(reason string, args ...any) error { return &Broken{line, fmt.Sprintf(reason, args...)} }
	cells, _, fault, err := f.record()
	if errors.Is(err, io.EOF) {
		return broken("there is no header: nothing follows")
	}
	if err != nil {
		return err
	}
	if fault != "" {
		return broken("%s", "the header "+fault)
	}
	seen := make(map[place]bool, len(cells))
	f.names = make(Headings, len(cells))
	for n, cell := range cells {
		name := strings.TrimSpace(plain(cell))
		if !utf8.ValidString(name) {
			return broken("the header is not UTF-8: save the file as UTF-8")
		}
		to, ok := f.columns.target(name, f.options.Columns)
		switch {
		case name == "":
			return broken("column %d has no heading", n+1)
		case !ok:
			return broken("column %d is none of %s; map it by columns", n+1, f.columns.list())
		case to.column != leftOut && seen[to]:
			return broken("column %d repeats an earlier column", n+1)
		}
		seen[to] = true
		f.headings = append(f.headings, heading{name, to})
		if to.column >= 0 {
			f.names[f.columns.All[to.column].Name] = name
		}
	}
	if len(f.columns.Key) > 0 && !slices.ContainsFunc(f.columns.Key, func(key string) bool { return f.names[key] != "" }) {
		return broken("%s", "no column is "+strings.Join(f.columns.Key, " or ")+f.hint(cells))
	}
	return nil
}

// hint guesses another delimiter.
func (f *Reader) hint(cells []string) string {
	for _, name := range []string{"semicolon", "tab", "pipe", "comma"} {
		if d := Delimiters[name]; len(cells) == 1 && d != f.options.Delimiter && strings.IndexByte(cells[0], d) >= 0 {
			return "; the delimiter seems to be a " + name + ": set delimiter=" + name
		}
	}
	return "; map one by columns"
}

// Next returns the next row, or io.EOF at the end. It returns a *Broken error
// if the rest of the file is unreadable, or the error of the file. It reads at
// most MaxRow bytes of empty lines and a row.
func (f *Reader) Next() (*Row, error) {
	for begin := f.mark.Bytes; ; {
		if f.mark.Bytes-begin > MaxRow {
			return nil, f.broken("more than %d bytes of empty lines precede; remove them", MaxRow)
		}
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
	row := &Row{Line: at, Headings: f.names}
	switch {
	case fault != "":
		row.Faults.Add("", fault)
	case len(cells) != len(f.headings):
		row.Faults.Add("", fmt.Sprintf("has %d cells, and the header %d", len(cells), len(f.headings)))
	default:
		f.cells(row, cells)
	}
	return row, nil
}

// nextNDJSON returns nil for an empty line.
func (f *Reader) nextNDJSON() (*Row, error) {
	at := f.mark.Line + 1
	f.text = f.text[:0]
	for {
		part, err := f.in.ReadSlice('\n')
		f.text = append(f.text, part...)
		f.mark.Bytes += int64(len(part))
		if len(f.text) > MaxRow {
			return nil, f.broken("is longer than %d bytes", MaxRow)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if errors.Is(err, io.EOF) && len(f.text) == 0 {
			return nil, io.EOF
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		break
	}
	f.mark.Line++
	line := bytes.TrimSpace(f.text)
	if len(line) == 0 {
		return nil, nil //nolint:nilnil // as documented
	}
	f.mark.Rows++
	row := &Row{Line: at}
	f.object(row, line)
	return row, nil
}

// tooWide is the fault of a record with more than MaxColumns cells.
var tooWide = fmt.Sprintf("has more than %d cells; remove or join columns", MaxColumns)

// record reads the next record of a CSV and keeps MaxColumns cells. fault is
// the fault of the record, and quoted reports whether any cell was in quotes.
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
			cell = withoutReturn(cell, closed)
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
			if len(cells) == MaxColumns-1 {
				fault = tooWide
			} else {
				cells = append(cells, string(cell))
			}
			cell, closed = cell[:0], false
		case c == '\n':
			cell = withoutReturn(cell, closed)
			return append(cells, string(cell)), quoted, fault, nil
		case closed && c == '\r': // ends the line, or a file that is cut off before the line feed
			if next, err := f.in.Peek(1); err == nil && next[0] != '\n' {
				fault = "has text behind a closing quote; write a quote inside of quotes twice"
			}
		case closed:
			fault = "has text behind a closing quote; write a quote inside of quotes twice"
		default:
			cell = append(cell, c)
		}
	}
}

// withoutReturn removes the carriage return at the end of a line's last cell,
// unless it was in quotes.
func withoutReturn(cell []byte, closed bool) []byte {
	if closed {
		return cell
	}
	return bytes.TrimSuffix(cell, []byte("\r"))
}
