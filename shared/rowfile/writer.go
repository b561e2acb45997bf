package rowfile

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
)

// Writer writes rows to a file. NewWriter makes it. It is not safe for
// concurrent use.
type Writer struct {
	columns []Column
	csv     *csv.Writer // nil writes NDJSON
	cells   []string

	to     io.Writer
	line   bytes.Buffer
	append *json.Encoder // to line
}

// NewWriter returns a Writer of the given format. A CSV begins with its header,
// even without a row.
func NewWriter(w io.Writer, format string, columns []Column) (*Writer, error) {
	out := &Writer{columns: columns, to: w}
	if format == CSV {
		out.csv, out.cells = csv.NewWriter(w), make([]string, len(columns))
		for i, c := range columns {
			out.cells[i] = c.Name
		}
		return out, out.csv.Write(out.cells)
	}
	out.append = json.NewEncoder(&out.line)
	out.append.SetEscapeHTML(false)
	return out, nil
}

// Write writes a row with one value for each column. A value that is not Given
// becomes an empty cell, or null in NDJSON.
func (w *Writer) Write(values []Value) error {
	if w.csv == nil {
		return w.object(values)
	}
	for i, v := range values {
		if w.cells[i] = v.Text; !w.columns[i].JSON {
			w.cells[i] = Neutral(v.Text)
		}
	}
	return w.csv.Write(w.cells)
}

// object writes a row of NDJSON.
func (w *Writer) object(values []Value) error {
	w.line.Reset()
	between := byte('{')
	for i, v := range values {
		w.line.WriteByte(between)
		between = ','
		if err := w.text(w.columns[i].Name); err != nil {
			return err
		}
		w.line.WriteByte(':')
		switch {
		case v.Kind != Given:
			w.line.WriteString("null")
		case w.columns[i].JSON:
			w.line.WriteString(v.Text)
		default:
			if err := w.text(v.Text); err != nil {
				return err
			}
		}
	}
	w.line.WriteString("}\n")
	_, err := w.to.Write(w.line.Bytes())
	return err
}

// text appends a string to the line.
func (w *Writer) text(s string) error {
	err := w.append.Encode(s)
	w.line.Truncate(max(0, w.line.Len()-1)) // remove the encoder's line end
	return err
}

// Flush writes the buffered rows. It must be called at the end.
func (w *Writer) Flush() error {
	if w.csv == nil {
		return nil
	}
	w.csv.Flush()
	return w.csv.Error()
}
