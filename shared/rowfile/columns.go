package rowfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fualab/fualab/shared/strictjson"
)

// Column is a column of a file.
type Column struct {
	Name string
	Text bool // an empty cell of a CSV is an empty text; in other columns it is null
	JSON bool // its values are JSON texts; other columns have strings
}

// Columns are the columns of a file.
type Columns struct {
	All []Column // in the order of written files
	Key []string // names of columns; a CSV must have one of them
	// Rest is the column of JSON objects whose members may have separate
	// columns with names outside All. "" refuses such columns.
	Rest string
	// Limits apply to an NDJSON row before it is decoded. The values of its
	// JSON columns are one level below.
	Limits strictjson.Limits
}

// Check checks that all targets of a mapping from headings to columns exist.
// Its error is a sentence for the client.
func (c *Columns) Check(mapping map[string]string) error {
	for _, target := range mapping {
		key, member := c.member(target)
		if target == "" || c.index(target) >= 0 || member && key != "" {
			continue
		}
		if c.Rest == "" {
			return fmt.Errorf("must have targets out of %s, or empty ones", c.list())
		}
		return fmt.Errorf("must have targets out of %s and %s.KEY, or empty ones", c.list(), c.Rest)
	}
	return nil
}

func (c *Columns) list() string {
	names := make([]string, len(c.All))
	for i, column := range c.All {
		names[i] = column.Name
	}
	return strings.Join(names, ", ")
}

// index returns the index of a column in All, or -1.
func (c *Columns) index(name string) int {
	return slices.IndexFunc(c.All, func(column Column) bool { return column.Name == name })
}

// member returns the key of a mapping's target that is a member of Rest.
func (c *Columns) member(target string) (key string, ok bool) {
	if c.Rest == "" {
		return "", false
	}
	return strings.CutPrefix(target, c.Rest+".")
}

// place is the destination of the values under a heading.
type place struct {
	column int    // an index in All, or a constant below
	member string // of Rest
}

const (
	leftOut = -1
	inRest  = -2
)

// target returns the destination of the values under a heading, and whether it
// exists.
func (c *Columns) target(heading string, mapping map[string]string) (to place, ok bool) {
	mapped, given := mapping[heading]
	if !given {
		if i := c.index(heading); i >= 0 {
			return place{column: i}, true
		}
		return place{inRest, heading}, c.Rest != ""
	}
	if key, ok := c.member(mapped); ok {
		return place{inRest, key}, true
	}
	return place{column: c.index(mapped)}, true // "" is no column, so the values are omitted
}

// json reports whether the values at a place are JSON texts, even in a CSV.
func (c *Columns) json(at place) bool { return at.column >= 0 && c.All[at.column].JSON }
