package rowfile

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fualab/fualab/shared/strictjson"
)

// Row is one row of a file.
type Row struct {
	Line     int64   // its first line, from 1
	Values   []Value // by column, in the order of Columns.All; nil in an unreadable row
	Headings Headings
	Faults   Faults
	Rest     []Member // members with separate columns; an empty cell is none
}

// Member is a member of Columns.Rest.
type Member struct {
	Name, Heading string
	Text          string          // its text in a CSV
	JSON          json.RawMessage // its value in NDJSON, within Columns.Limits; nil in a CSV
}

// Value is the value of a row in one column.
type Value struct {
	Kind Kind
	Text string // for Given; JSON in a JSON column
}

// Kind is the kind of a Value.
type Kind uint8

// The kinds of values.
const (
	Absent Kind = iota // the row lacks the column
	Null               // the value is null
	Given
)

// Of returns the value text.
func Of(text string) Value { return Value{Given, text} }

// Headings has the heading of each column of a CSV, by the column's name. It is
// nil for NDJSON, where the headings are the names.
type Headings map[string]string

// Of returns the heading of a column, or the column's name if the file lacks
// it.
func (h Headings) Of(column string) string {
	if name, ok := h[column]; ok {
		return name
	}
	return column
}

// Fault is one fault of a row: the end of a sentence for the client.
type Fault struct {
	Column string // its heading in the file; "" for the whole row
	Reason string
}

// Faults are the faults of one row, at most MaxFaults.
type Faults []Fault

// maxHeading is the largest length of a heading in a fault, in bytes.
const maxHeading = 255

// Add adds a fault under a heading, which it shortens, unless there are already
// MaxFaults.
func (f *Faults) Add(heading, reason string) {
	if len(*f) == MaxFaults {
		return
	}
	if len(heading) > maxHeading {
		heading = strings.ToValidUTF8(heading[:maxHeading], "") + "…"
	}
	*f = append(*f, Fault{heading, reason})
}

// cells reads the cells of a CSV's row.
func (f *Reader) cells(row *Row, cells []string) {
	row.Values = make([]Value, len(f.columns.All))
	for n, h := range f.headings {
		value := cells[n]
		if !f.columns.json(h.place) { // JSON does not begin with an apostrophe
			value = plain(value)
		}
		switch {
		case !utf8.ValidString(value):
			row.Faults.Add(h.name, "is not UTF-8: save the file as UTF-8")
		case h.column == inRest:
			if value != "" {
				row.Rest = append(row.Rest, Member{Name: h.member, Heading: h.name, Text: value})
			}
		case h.column == leftOut:
		case value == "" && !f.columns.All[h.column].Text:
			row.Values[h.column].Kind = Null
		default:
			row.Values[h.column] = Of(value)
		}
	}
}

// object reads a line of NDJSON. Names must match the columns exactly,
// including upper and lower case.
func (f *Reader) object(row *Row, text []byte) {
	if err := strictjson.Check(text, f.columns.Limits); err != nil {
		row.Faults.Add("", f.columns.unreadable(err))
		return
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil || members == nil {
		row.Faults.Add("", "is not one JSON object")
		return
	}
	if len(members) > MaxColumns {
		row.Faults.Add("", fmt.Sprintf("has more than %d members; remove or join some", MaxColumns))
		return
	}
	row.Values = make([]Value, len(f.columns.All))
	taken := make(map[place]bool, len(members))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		at, ok := f.columns.target(name, f.options.Columns)
		switch {
		case !ok:
			row.Faults.Add(name, "is none of the members "+f.columns.list())
		case at.column != leftOut && taken[at]:
			row.Faults.Add(name, "repeats another member")
		default:
			taken[at] = true
			f.member(row, name, at, members[name])
		}
	}
}

// member reads a member of an NDJSON object.
func (f *Reader) member(row *Row, name string, at place, value json.RawMessage) {
	switch {
	case at.column == inRest:
		row.Rest = append(row.Rest, Member{Name: at.member, Heading: name, JSON: value})
	case at.column == leftOut:
	case string(value) == "null":
		row.Values[at.column].Kind = Null
	case f.columns.json(at):
		row.Values[at.column] = Of(string(value))
	default:
		var s string
		if json.Unmarshal(value, &s) != nil {
			row.Faults.Add(name, "must be a string")
			return
		}
		row.Values[at.column] = Of(s)
	}
}

// unreadable is the fault of a row that strictjson refuses.
func (c *Columns) unreadable(err error) string {
	switch {
	case errors.Is(err, strictjson.ErrUTF8):
		return "is not UTF-8: save the file as UTF-8"
	case errors.Is(err, strictjson.ErrSyntax):
		return "is not one JSON object"
	case errors.Is(err, strictjson.ErrDepth):
		return fmt.Sprintf("is nested too deeply: %s have at most %d levels", cmp.Or(c.Rest, "values"), c.Limits.Depth-1)
	case errors.Is(err, strictjson.ErrValues):
		return fmt.Sprintf("has more than %d values and names", c.Limits.Values)
	case errors.Is(err, strictjson.ErrDigits):
		return fmt.Sprintf("has numbers of more than %d digits together, written out", c.Limits.Digits)
	default:
		return err.Error()
	}
}
