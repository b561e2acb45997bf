package resource

import (
	"context"
	"database/sql"
	"io"
	"net/url"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/access"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/rowfile"
	"github.com/fualab/fualab/shared/strictjson"
)

var fileTypes = map[string]string{rowfile.CSV: "text/csv", rowfile.NDJSON: "application/x-ndjson"}

const createdAt = "created_at"

// file returns the columns of a file, which are those of filed: all that clients write, and created_at.
func (d *declaration) file() rowfile.Columns {
	// A row is no larger than the texts and objects that its columns may hold.
	of := rowfile.Columns{Limits: strictjson.Limits{Depth: model.MaxAttributesDepth + 1, Values: model.MaxAttributesValues + 2*rowfile.MaxColumns, Digits: 2 * model.MaxAttributesBytes}}
	for _, c := range d.filed {
		of.All = append(of.All, rowfile.Column{Name: c.name, Text: c.kind == text && !c.null, JSON: c.kind != text && c.kind != instant})
		if c.kind == object && of.Rest == "" {
			of.Rest = c.name
		}
		if c.given && (!c.optional || c.unique) {
			of.Key = append(of.Key, c.name)
		}
	}
	return of
}

// cell returns the column's value in row as a file has it.
func (c *column) cell(row reflect.Value) rowfile.Value {
	switch v := c.value(row).(type) {
	case string:
		return rowfile.Of(v)
	case int64:
		return rowfile.Of(strconv.FormatInt(v, 10))
	case float64:
		return rowfile.Of(string(appendNumber(nil, v)))
	case bool:
		return rowfile.Of(strconv.FormatBool(v))
	case model.Time:
		return rowfile.Of(v.String())
	case model.Attributes:
		return rowfile.Of(string(v))
	}
	return rowfile.Value{Kind: rowfile.Null}
}

type exportInput struct {
	AcceptEncoding string `header:"Accept-Encoding" doc:"With gzip the answer is compressed."`
	query          url.Values
}

// Resolve implements huma.Resolver.
func (in *exportInput) Resolve(c huma.Context) []error {
	u := c.URL()
	in.query = u.Query()
	return nil
}

func (s *store) handleExport(schemas huma.Registry) func(context.Context, *exportInput) (*huma.StreamResponse, error) {
	parameters := s.d.exportParameters()
	return func(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
		l, err := s.d.parse(schemas, parameters, in.query)
		if err != nil {
			return nil, err
		}
		return rest.File{
			Name: hyphened(s.d.Plural) + "." + l.format, Type: fileTypes[l.format], AcceptEncoding: in.AcceptEncoding, Log: s.Log,
			Write: func(ctx context.Context, to io.Writer) error { return s.writeFile(ctx, to, l) },
		}.Response(ctx), nil
	}
}

func (s *store) writeFile(ctx context.Context, to io.Writer, l *listing) error {
	columns := s.d.filed
	file, err := rowfile.NewWriter(to, l.format, s.d.file().All)
	if err != nil {
		return err
	}
	values := make([]rowfile.Value, len(columns))
	if err := s.eachOf(ctx, access.From(ctx), l.choices, func(row any) error {
		v := reflect.ValueOf(row).Elem()
		for i, c := range columns {
			values[i] = c.cell(v)
		}
		return file.Write(values)
	}); err != nil {
		return err
	}
	return file.Flush()
}

// eachOf calls f with every row that the choices keep, by id, as they all were at one moment. It holds one row at a time
// and a connection until it returns.
func (s *store) eachOf(ctx context.Context, caller access.Caller, choices []choice, f func(row any) error) error {
	all := func(db bun.IDB) error { return s.each(ctx, s.filtered(db, caller, choices).OrderExpr("id"), f) }
	if !s.DB.IsPostgres() {
		// One statement sees one state, and its transaction would be a writer's.
		return database.Error(all(s.DB), "export %s", s.d.Plural)
	}
	options := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	err := s.DB.RunInTx(ctx, options, func(ctx context.Context, t bun.Tx) error {
		// The statement lasts for as long as the client takes.
		if _, err := t.ExecContext(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
			return err
		}
		return all(t)
	})
	return database.Error(err, "export %s", s.d.Plural)
}
