// Package keyset pages lists by the keys of their rows: a page begins behind a row, wherever that row would stand by now.
// A page costs the same however deep it lies, and rows that stay are seen exactly once, whatever is inserted or deleted.
package keyset

import (
	"slices"

	"github.com/uptrace/bun"
)

// Kind is the type of a key.
type Kind uint8

// The kinds, with the Go type of their keys.
const (
	Text    Kind = iota // string
	Instant             // model.Time
	Integer             // int64
	Number              // float64
)

// ID is the column that every list has. It breaks ties, and is an order by itself.
const ID = "id"

// Order is a total order of rows: by a column, and by id among its equals. In an ascending order rows without a value
// come last. An index on the column and id serves it, in both directions.
type Order struct {
	Column     string // ID or another one
	Kind       Kind   // of Column, other than ID
	Nullable   bool   // whether Column may be NULL
	Descending bool
}

// Position is the place between two rows in an order: behind the row with these keys, or before it when Before is set.
type Position struct {
	Key    any // by the kind of the order; nil for NULL, and in the order of ID
	ID     int64
	Before bool // the page that ends here, rather than the one that begins
}

// Page asks for the Limit rows next to From.
type Page struct {
	Order Order
	From  *Position // nil: the beginning
	Limit int
}

// Read returns the rows of the page in its order, and whether there are more in its direction: behind it, or before it
// when From.Before is set. read selects rows with a query that narrow has completed; it is called once, or twice where
// the order is Nullable.
func Read[R any](p Page, read func(narrow func(*bun.SelectQuery) *bun.SelectQuery) ([]R, error)) (rows []R, more bool, err error) {
	for _, s := range p.segments() {
		missing := p.Limit + 1 - len(rows)
		if missing <= 0 {
			break
		}
		some, err := read(func(query *bun.SelectQuery) *bun.SelectQuery { return s.narrow(query).Limit(int64(missing)) })
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, some...)
	}
	if more = len(rows) > p.Limit; more {
		rows = rows[:p.Limit]
	}
	if p.backward() {
		slices.Reverse(rows)
	}
	return rows, more, nil
}

func (p Page) backward() bool { return p.From != nil && p.From.Before }

// segment is a part of an order in which the column is NULL for all rows or for none: no comparison of rows holds NULLs,
// so that an index serves each part.
type segment struct {
	column string // "" where only the id orders
	where  string // "" for an order without NULLs
	down   bool   // in descending order
	from   *Position
}

// segments returns the parts that the page may have rows of, in their order.
func (p Page) segments() []segment {
	o, down := p.Order, p.Order.Descending != p.backward()
	if o.Column == ID {
		return []segment{{down: down, from: p.From}}
	}
	if !o.Nullable {
		return []segment{{column: o.Column, down: down, from: p.From}}
	}
	values := segment{column: o.Column, where: "? IS NOT NULL", down: down}
	nulls := segment{column: o.Column, where: "? IS NULL", down: down}
	switch {
	case p.From == nil:
	case p.From.Key == nil:
		nulls.from = p.From
		if !down {
			return []segment{nulls}
		}
	default:
		values.from = p.From
		if down {
			return []segment{values}
		}
	}
	if down {
		return []segment{nulls, values}
	}
	return []segment{values, nulls}
}

// narrow keeps the rows of s that lie beyond its position, in order. The comparison of whole keys has the index begin
// there.
func (s segment) narrow(query *bun.SelectQuery) *bun.SelectQuery {
	direction, operator := bun.Safe("ASC"), bun.Safe(">")
	if s.down {
		direction, operator = "DESC", "<"
	}
	column := bun.Ident(s.column)
	if s.where != "" {
		query = query.Where(s.where, column)
	}
	if s.column != "" {
		query = query.OrderExpr("? ?", column, direction)
	}
	switch {
	case s.from == nil:
	case s.column == "" || s.from.Key == nil:
		query = query.Where("id ? ?", operator, s.from.ID)
	default:
		query = query.Where("(?, id) ? (?, ?)", column, operator, s.from.Key, s.from.ID)
	}
	return query.OrderExpr("id ?", direction)
}
