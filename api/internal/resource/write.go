package resource

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
)

// insertion is an INSERT of any number of rows. Their ids come in their order.
type insertion struct {
	columns []*column // that have a value for each row, beside version, updated_by and search_text
	text    string    // Postgres
	sqlite  string    // with ? for the tuples of the rows
	tuple   string    // SQLite: of a row
}

// arrayTypes are the types of the arrays that an INSERT takes on Postgres.
var arrayTypes = map[kind]string{text: "text", integer: "bigint", number: "double precision", boolean: "boolean", instant: "timestamptz", object: "text"}

// insertion returns the INSERT of the columns that it may write. The version of a new row is 1, and its
// creator is the last to have changed it.
func (d *declaration) insertion(may func(*column) bool) insertion {
	var in insertion
	into, values := []string{"version", "updated_by"}, []string{"1", "created_by"}
	var arrays, fields []string
	add := func(name, array, cast string) {
		into, values = append(into, quoted(name)), append(values, quoted(name)+cast)
		arrays, fields = append(arrays, fmt.Sprintf("$%d::%s[]", len(arrays)+1, array)), append(fields, quoted(name))
	}
	for _, c := range d.stored {
		if !may(c) || c.base && c.name != createdAt && c.name != "updated_at" && c.name != "created_by" {
			continue
		}
		in.columns = append(in.columns, c)
		cast := ""
		if c.kind == object {
			cast = "::jsonb"
		}
		add(c.name, arrayTypes[c.kind], cast)
	}
	if len(d.searched) > 0 {
		add(searchText, "text", "")
	}
	in.text = "INSERT INTO " + quoted(d.Table) + " (" + strings.Join(into, ", ") + ") SELECT " + strings.Join(values, ", ") +
		" FROM unnest(" + strings.Join(arrays, ", ") + ") AS new (" + strings.Join(fields, ", ") + ") RETURNING id"
	in.sqlite = "INSERT INTO " + quoted(d.Table) + " (" + strings.Join(into, ", ") + ") VALUES ? RETURNING id"
	in.tuple = "(1" + strings.Repeat(", ?", len(into)-1) + ")"
	return in
}

// insertionOf returns the INSERT for rows.
func (s *store) insertionOf(rows []any) *insertion {
	for _, c := range s.d.stored {
		if c.base || c.given {
			continue
		}
		for _, row := range rows {
			if !c.isInitial(reflect.ValueOf(row).Elem()) {
				return &s.sql.derived
			}
		}
	}
	return &s.sql.plain
}

// searchText is the text of row that q searches.
func (d *declaration) searchText(row reflect.Value) string {
	text := ""
	for i, c := range d.searched {
		if i > 0 {
			text += "\n"
		}
		if f := reflect.Indirect(row.FieldByIndex(c.field.Index)); f.IsValid() {
			text += f.String()
		}
	}
	return model.SearchKey(text)
}

// insert inserts rows in one statement and sets their ids.
func (s *store) insert(ctx context.Context, rows []any) error {
	insert := s.insertSQLite
	if s.DB.IsPostgres() {
		insert = s.insertPostgres
	}
	ids, err := insert(ctx, rows)
	if err == nil {
		err = setIDs(ids, rows)
	}
	return database.Error(err, "insert %d %s", len(rows), s.d.Plural)
}

func setIDs(ids *sql.Rows, rows []any) error {
	defer func() { _ = ids.Close() }()
	for i := 0; ids.Next(); i++ {
		if err := ids.Scan(&rows[i].(based).base().ID); err != nil {
			return err
		}
	}
	return ids.Err()
}

func (s *store) insertPostgres(ctx context.Context, rows []any) (*sql.Rows, error) {
	in := s.insertionOf(rows)
	args := []any{s.DB.Prepared()}
	for _, c := range in.columns {
		args = append(args, c.array(rows))
	}
	if len(s.d.searched) > 0 {
		texts := make([]string, len(rows))
		for i, row := range rows {
			texts[i] = s.d.searchText(reflect.ValueOf(row).Elem())
		}
		args = append(args, texts)
	}
	return tx.QueryOn(ctx, s.DB)(ctx, in.text, args...)
}

// array returns the column's values in rows as the driver takes them for an array.
func (c *column) array(rows []any) any {
	switch c.kind {
	case instant:
		return arrayOf(c, rows, func(at model.Time) time.Time { return at.Std() })
	case object:
		return arrayOf(c, rows, func(a model.Attributes) string { return string(cmp.Or(a, model.NoAttributes)) })
	case integer:
		return arrayOf(c, rows, func(n int64) int64 { return n })
	case number:
		return arrayOf(c, rows, func(n float64) float64 { return n })
	case boolean:
		return arrayOf(c, rows, func(b bool) bool { return b })
	default:
		return arrayOf(c, rows, func(s string) string { return s })
	}
}

// arrayOf returns a []*E with nil for NULL, or a []E for a column without NULLs.
func arrayOf[V, E any](c *column, rows []any, convert func(V) E) any {
	if !c.null {
		array := make([]E, len(rows))
		for i, row := range rows {
			array[i] = convert(c.value(reflect.ValueOf(row).Elem()).(V))
		}
		return array
	}
	array := make([]*E, len(rows))
	for i, row := range rows {
		if v, ok := c.value(reflect.ValueOf(row).Elem()).(V); ok {
			e := convert(v)
			array[i] = &e
		}
	}
	return array
}

func (s *store) insertSQLite(ctx context.Context, rows []any) (*sql.Rows, error) {
	in := s.insertionOf(rows)
	values := make([]any, 0, len(rows)*(len(in.columns)+len(s.d.searched)+1))
	for _, row := range rows {
		v := reflect.ValueOf(row).Elem()
		values = append(values, row.(based).base().UpdatedBy)
		for _, c := range in.columns {
			values = append(values, c.value(v))
		}
		if len(s.d.searched) > 0 {
			values = append(values, s.d.searchText(v))
		}
	}
	tuples := bun.SafeQuery(in.tuple+strings.Repeat(", "+in.tuple, len(rows)-1), values...)
	return tx.On(ctx, s.DB).QueryContext(ctx, in.sqlite, tuples)
}

// update writes the columns in which row differs from old.
func (s *store) update(ctx context.Context, t bun.Tx, old, row any) error {
	query := t.NewUpdate().Table(s.d.Table).Where("id = ?", row.(based).base().ID)
	was, is := reflect.ValueOf(old).Elem(), reflect.ValueOf(row).Elem()
	for _, c := range s.d.stored {
		if before, now := c.value(was), c.value(is); before != now {
			query = query.Set("? = ?", bun.Ident(c.name), now)
		}
	}
	if before, now := s.d.searchText(was), s.d.searchText(is); before != now {
		query = query.Set("search_text = ?", now)
	}
	_, err := query.Exec(ctx)
	return err
}
