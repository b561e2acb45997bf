package transfer

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

// dialect describes the text form of columns in a database. Both databases
// produce the same text.
type dialect struct {
	columns map[kind]string // an expression of the column; %s alone without an entry
	bytes   string          // the collation that compares text by byte
}

// SQLite stores FUALab's times with six digits and a zone, and River's times
// with three digits and no zone.
var sqlite = dialect{
	columns: map[kind]string{
		number:    "CAST(%s AS TEXT)",
		truth:     "CAST(%s AS TEXT)",
		instant:   "CASE length(%[1]s) WHEN 32 THEN substr(%[1]s, 1, 26) ELSE strftime('%%Y-%%m-%%d %%H:%%M:%%f', %[1]s) || '000' END",
		document:  "CASE typeof(%[1]s) WHEN 'blob' THEN json(%[1]s) ELSE %[1]s END",
		octets:    "lower(hex(%s))",
		flags:     "CAST(%s AS TEXT)",
		texts:     "json(%s)",
		documents: "json(%s)",
	},
	bytes: "BINARY",
}

var postgres = dialect{
	columns: map[kind]string{
		text:      "%s::text",
		number:    "%s::text",
		truth:     "%s::int::text",
		instant:   "to_char(%s AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
		day:       "to_char(%s, 'YYYY-MM-DD')",
		document:  "%s::text",
		octets:    "encode(%s, 'hex')",
		flags:     "%s::int::text",
		texts:     "to_jsonb(%s)::text",
		documents: "to_jsonb(%s)::text",
	},
	bytes: `"C"`,
}

// value is a column's value as text; not Valid for NULL.
type value = sql.NullString

// selection is the query for the rows of t after the key after, in the order of
// the primary key. For nil it selects all rows.
func (d dialect) selection(t table, after []value) (query string, args []any) {
	columns := make([]string, len(t.columns))
	for i, c := range t.columns {
		columns[i] = d.column(c)
	}
	key, marks := d.key(t), make([]string, len(t.key))
	query = "SELECT " + strings.Join(columns, ", ") + " FROM " + quote(t.name) + " AS t"
	if after != nil {
		for i, k := range t.key {
			marks[i] = "?"
			args = append(args, after[i].String)
			if t.columns[k].kind == number {
				marks[i] = "CAST(? AS INTEGER)"
			}
		}
		query += fmt.Sprintf(" WHERE (%s) > (%s)", strings.Join(key, ", "), strings.Join(marks, ", "))
	}
	return query + " ORDER BY " + strings.Join(key, ", "), args
}

func (d dialect) column(c column) string {
	if expression := d.columns[c.kind]; expression != "" {
		return fmt.Sprintf(expression, quote(c.name))
	}
	return quote(c.name)
}

// key returns the expressions that order t's rows. It names the table, because
// ORDER BY would otherwise use the selected text.
func (d dialect) key(t table) []string {
	key := make([]string, len(t.key))
	for i, k := range t.key {
		key[i] = "t." + quote(t.columns[k].name)
		if t.columns[k].kind == text {
			key[i] += " COLLATE " + d.bytes
		}
	}
	return key
}

// cursor reads the rows of a table, one after the other.
type cursor struct {
	table table
	rows  interface {
		Next() bool
		Scan(into ...any) error
		Err() error
	}
	close func()
	row   []value // the current one
	into  []any   // pointers to row's values
}

func openSQLite(ctx context.Context, conn *sql.Conn, t table, after []value) (*cursor, error) {
	query, args := sqlite.selection(t, after)
	rows, err := conn.QueryContext(ctx, query, args...) //nolint:rowserrcheck // the cursor's close and next handle it
	if err != nil {
		return nil, err
	}
	c := newCursor(t)
	c.rows, c.close = rows, func() { _ = rows.Close() }
	return c, nil
}

func openPostgres(ctx context.Context, conn *pgxpool.Conn, t table) (*cursor, error) {
	query, args := postgres.selection(t, nil)
	rows, err := conn.Query(ctx, query, args...) //nolint:sqlclosecheck // the cursor's close and next handle it
	if err != nil {
		return nil, err
	}
	c := newCursor(t)
	c.rows, c.close = rows, rows.Close
	return c, nil
}

func newCursor(t table) *cursor {
	c := &cursor{table: t, row: make([]value, len(t.columns)), into: make([]any, len(t.columns))}
	for i := range c.row {
		c.into[i] = &c.row[i]
	}
	return c
}

// next reads a row into c.row, or returns io.EOF at the end.
func (c *cursor) next() error {
	if !c.rows.Next() {
		if err := c.rows.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	if err := c.rows.Scan(c.into...); err != nil {
		return err
	}
	for i, column := range c.table.columns {
		if v := &c.row[i]; v.Valid && (column.kind == document || column.kind == texts || column.kind == documents) {
			if err := canonical(&v.String); err != nil {
				return fmt.Errorf("%s of %s: %w", column.name, c.name(), err)
			}
		}
	}
	return nil
}

// name describes the current row by its key.
func (c *cursor) name() string {
	parts := make([]string, len(c.table.key))
	for i, k := range c.table.key {
		parts[i] = c.table.columns[k].name + " " + c.row[k].String
	}
	return "the row " + strings.Join(parts, ", ")
}

// canonical converts JSON to a form in which equal documents have equal texts:
// Postgres sorts members, and SQLite keeps their order.
func canonical(text *string) error {
	if *text == "{}" || *text == "[]" {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(*text))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return errors.New("is not JSON")
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return err
	}
	*text = strings.TrimSuffix(out.String(), "\n")
	return nil
}
