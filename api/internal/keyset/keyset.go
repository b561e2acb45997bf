// Package keyset pages lists by the keys of their rows. A page begins after a
// row's position, even if that row has moved or is gone. The cost of a page
// does not depend on its depth. Rows that stay are seen exactly once, whatever
// is inserted or deleted.
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

// ID is the column that every list has. It orders rows with equal keys, and can
// be the order by itself.
const ID = "id"

// Order is a total order of rows: by a column, and by id among equal keys. In
// an ascending order, rows with NULL come last. An index on the column and id
// serves it in both directions.
type Order struct {
	Column     string // ID or another column
	Kind       Kind   // of Column, other than ID
	Nullable   bool   // whether Column may be NULL
	Descending bool
}

// Position is the place between two rows in an order: after the row with these
// keys, or before it if Before is set.
type Position struct {
	Key    any // of the order's kind; nil for NULL, and in the order of ID
	ID     int64
	Before bool // for the page that ends here, instead of the one that begins
}

// Page requests the Limit rows next to From.
type Page struct {
	Order Order
	From  *Position // nil: the beginning
	Limit int
}

// Read returns the rows of the page in its order, and whether more rows follow
// in its direction: after it, or before it if From.Before is set. read selects
// rows with a query that narrow has completed. Read calls it once, or twice if
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

// segment is a part of an order in which the column is NULL for all rows or for
// none. Comparisons with NULL are never true, so each part has its own query,
// which an index serves.
type segment struct {
	column string // "" for an order by id only
	where  string // "" for an order without NULLs
	down   bool   // in descending order
	from   *Position
}

// segments returns the parts that may have rows of the page, in order.
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

// narrow selects the rows of s beyond its position, in order. The comparison of
// whole keys lets the index begin there.
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
