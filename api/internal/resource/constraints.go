package resource

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
)

// referable returns an errs.Invalid error unless each row that rows refer to is there and lives. References that old has
// as well are not asked for. A row that is deleted at the same time may pass; it stays in the database. lone is create's.
func (s *store) referable(ctx context.Context, t bun.Tx, old any, rows []any, lone bool) error {
	var faults []errs.Field
	for _, c := range s.d.stored {
		if c.references == "" {
			continue
		}
		var ids []int64
		for _, row := range rows {
			id, refers := c.value(reflect.ValueOf(row).Elem()).(int64)
			if refers && (old == nil || c.value(reflect.ValueOf(old).Elem()) != any(id)) {
				ids = append(ids, id)
			}
		}
		if len(ids) == 0 {
			continue
		}
		var found []int64
		query := t.NewSelect().Table(c.references).Column("id").Where("id IN (?)", bun.List(ids)).Where("deleted_at IS NULL")
		if s.DB.IsPostgres() {
			query = query.For("KEY SHARE")
		}
		if err := query.Scan(ctx, &found); err != nil {
			return database.Error(err, "select the %s that %s refer to", c.references, s.d.Plural)
		}
		there := make(map[int64]bool, len(found))
		for _, id := range found {
			there[id] = true
		}
		for i, row := range rows {
			id, refers := c.value(reflect.ValueOf(row).Elem()).(int64)
			if refers && !there[id] && (old == nil || c.value(reflect.ValueOf(old).Elem()) != any(id)) {
				faults = append(faults, c.dangling(base(i, lone)))
			}
		}
	}
	if len(faults) > 0 {
		return errs.InvalidFields(faults...)
	}
	return nil
}

// dangling is the fault of a reference to no row.
func (c *column) dangling(base string) errs.Field {
	return errs.Field{In: "body", Pointer: base + "/" + c.name, Message: "is not the id of any of the " + strings.ReplaceAll(c.references, "_", " ")}
}

// refined names the field of a violated constraint: of a unique value that another row has, and of a reference to no
// row. lone tells that the body is one row.
func (s *store) refined(err error, lone bool) error {
	var known *errs.Error
	if !errors.As(err, &known) || len(known.Fields) > 0 {
		return err
	}
	switch known.Kind {
	case errs.Conflict:
		c := s.d.violated(err, func(c *column) bool { return c.unique })
		if c == nil {
			return err
		}
		refined := &errs.Error{Kind: errs.Conflict, Cause: err, Message: "Another " + s.d.Name + " has this " + c.name + ". " + s.d.cure(c)}
		if lone {
			refined.Fields = []errs.Field{{In: "body", Pointer: "/" + c.name, Message: "is the " + c.name + " of another " + s.d.Name}}
		}
		return refined
	case errs.Invalid:
		c := s.d.violated(err, func(c *column) bool { return c.references != "" })
		if c == nil {
			return err
		}
		refined := errs.InvalidFields(c.dangling(""))
		refined.Cause = err
		return refined
	}
	return err
}

// cure tells how a client that has met a taken value goes on. A row that not each caller sees is not sure to be found.
func (d *declaration) cure(c *column) string {
	if c.filter && d.visible == nil {
		return "GET " + d.Path + "?" + c.name + "= finds it; change or delete that one, or choose another."
	}
	return "Change or delete that one, or choose another."
}

// violated returns the column among those that may be, which the database names in a violation; nil if it names none.
// Postgres tells the constraint and the columns of its key, SQLite the columns or the index. The values of the key are
// not looked at.
func (d *declaration) violated(err error, may func(*column) bool) *column {
	said := err.Error()
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		key, _, _ := strings.Cut(pg.Detail, ")=")
		said = pg.ConstraintName + " " + key
	}
	var found *column
	for _, c := range d.stored {
		if may(c) && names(said, c.name) && (found == nil || len(c.name) > len(found.name)) {
			found = c
		}
	}
	return found
}

// names reports whether text has name as a word, or behind an underscore at the end of one.
func names(text, name string) bool {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		if word == name || strings.HasSuffix(word, "_"+name) || strings.Contains(word, "_"+name+"_") {
			return true
		}
	}
	return false
}
