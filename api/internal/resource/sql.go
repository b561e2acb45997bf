package resource

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/access"
	"github.com/fualab/fualab/api/internal/keyset"
	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
)

const searchText = "search_text"

// statements are the texts that follow from a declaration.
type statements struct {
	columns string // of a SELECT
	read    string // Postgres: rows by ids
	plain   insertion
	derived insertion // of rows that have values in derived columns
}

// statements of the hot paths are prepared once a connection on Postgres, with their arguments apart from them.
func (d *declaration) statements() statements {
	names := make([]string, len(d.stored))
	for i, c := range d.stored {
		names[i] = quoted(c.name)
	}
	columns := strings.Join(names, ", ")
	return statements{
		columns: columns,
		read:    "SELECT " + columns + " FROM " + quoted(d.Table) + " WHERE id = ANY($1)",
		plain:   d.insertion(func(c *column) bool { return c.base || c.given }),
		derived: d.insertion(func(*column) bool { return true }),
	}
}

func quoted(name string) string { return `"` + name + `"` }

// wanted is a row that a request waits for.
type wanted struct {
	id  int64
	row any // nil: there is none
}

// read returns the living row with the given id, or an errs.NotFound error. On Postgres requests that read at the same
// time share a statement, which begins after each of them has come.
func (s *store) read(ctx context.Context, caller access.Caller, id int64) (any, error) {
	if _, in := tx.Of(ctx); in || !s.DB.IsPostgres() || s.d.visible != nil {
		return s.living(s.selectOne(ctx, s.selectFor(tx.On(ctx, s.DB), caller).Where("id = ?", id), id))
	}
	own := &wanted{id: id}
	if err := s.reading.Join(ctx, own); err != nil {
		return nil, err
	}
	return s.living(own.row, nil)
}

func (s *store) readAll(ctx context.Context, all []*wanted) error {
	ids := make([]int64, len(all))
	for i, w := range all {
		ids[i] = w.id
	}
	found := make(map[int64]any, len(all))
	rows, err := s.DB.Pool.Query(ctx, s.sql.read, s.DB.Prepared(), ids)
	if err == nil {
		defer rows.Close()
		err = s.scan(rows, func(row any) error {
			found[row.(based).base().ID] = row
			return nil
		})
		if err == nil {
			err = rows.Err()
		}
	}
	for _, w := range all {
		w.row = found[w.id]
	}
	return database.Error(err, "select %d %s", len(all), s.d.Plural)
}

// scannable are the rows of either driver.
type scannable interface {
	Next() bool
	Scan(to ...any) error
}

// scan calls each with every row. Its caller asks the rows for their error.
func (s *store) scan(rows scannable, each func(row any) error) error {
	to := make([]any, len(s.d.stored))
	for rows.Next() {
		row := s.d.fresh()
		v := reflect.ValueOf(row).Elem()
		for i, c := range s.d.stored {
			to[i] = c.pointer(v)
		}
		if err := rows.Scan(to...); err != nil {
			return err
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return nil
}

// living returns row, or an errs.NotFound error if it is nil or deleted.
func (s *store) living(row any, err error) (any, error) {
	if err == nil && (row == nil || row.(based).base().DeletedAt != nil) {
		err = errs.New(errs.NotFound, s.notFound())
	}
	if err != nil {
		return nil, err
	}
	return row, nil
}

func (s *store) notFound() string {
	return capital(s.d.Name) + " not found"
}

// selectFor returns a query of the rows that caller may see, deleted or not.
func (s *store) selectFor(db bun.IDB, caller access.Caller) *bun.SelectQuery {
	query := db.NewSelect().TableExpr("?", bun.Ident(s.d.Table))
	if s.d.visible != nil {
		query = s.d.visible(query, caller)
	}
	return query
}

// each calls f with every row of query.
func (s *store) each(ctx context.Context, query *bun.SelectQuery, f func(row any) error) (err error) {
	rows, err := query.ColumnExpr(s.sql.columns).Rows(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if err := s.scan(rows, f); err != nil {
		return err
	}
	return rows.Err()
}

// selectOne returns the row that query finds, nil for none.
func (s *store) selectOne(ctx context.Context, query *bun.SelectQuery, id int64) (row any, err error) {
	err = s.each(ctx, query, func(r any) error {
		row = r
		return nil
	})
	return row, database.Error(err, "select %s %d", s.d.Name, id)
}

// locked reads a row and holds it until the transaction ends: a living one, or any. SQLite's transactions hold the whole
// database from their beginning.
func (s *store) locked(ctx context.Context, t bun.Tx, caller access.Caller, id int64, deleted bool) (any, error) {
	query := s.selectFor(t, caller).Where("id = ?", id)
	if s.DB.IsPostgres() {
		query = query.For("UPDATE")
	}
	row, err := s.selectOne(ctx, query, id)
	if deleted && err == nil && row != nil {
		return row, nil
	}
	return s.living(row, err)
}

// filtered returns a query of the living rows that the choices keep.
func (s *store) filtered(db bun.IDB, caller access.Caller, choices []choice) *bun.SelectQuery {
	query := s.selectFor(db, caller).Where("deleted_at IS NULL")
	for _, c := range choices {
		if c.where == nil {
			query = Search(query, s.DB, s.d.Table, c.value.(string))
		} else {
			query = c.where(query, c.value)
		}
	}
	return query
}

// page reads a page of a list, and whether there is more in its direction.
func (s *store) page(ctx context.Context, caller access.Caller, l *listing) (rows []any, more bool, err error) {
	rows, more, err = keyset.Read(l.page, func(narrow func(*bun.SelectQuery) *bun.SelectQuery) ([]any, error) {
		some := make([]any, 0, min(l.page.Limit+1, maxLimit+1))
		err := s.each(ctx, narrow(s.filtered(tx.On(ctx, s.DB), caller, l.choices)), func(row any) error {
			some = append(some, row)
			return nil
		})
		return some, err
	})
	return rows, more, database.Error(err, "select a page of %s", s.d.Plural)
}

// count counts the rows that the choices keep. Its cost grows with the count.
func (s *store) count(ctx context.Context, caller access.Caller, choices []choice) (int64, error) {
	n, err := s.filtered(tx.On(ctx, s.DB), caller, choices).Count(ctx)
	return n, database.Error(err, "count %s", s.d.Plural)
}
