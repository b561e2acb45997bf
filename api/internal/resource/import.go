package resource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/access"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/rowfile"
)

// maxImportFaults bounds the faults of one file: it is not read on.
const maxImportFaults = 100

type importInput struct {
	Format    string `query:"format" enum:"csv,ndjson" default:"csv" doc:"Of the file."`
	Mode      string `query:"mode" enum:"insert,upsert" default:"insert" doc:"insert: each row is a new {record}. upsert: a row changes the {record} that has its {key}, if there is one; columns that the file does not have stay as they are."`
	Delimiter string `query:"delimiter" enum:"comma,semicolon,tab,pipe" default:"comma" doc:"What stands between the cells of a CSV."`
}

type importOutput struct{ Body importedBody }

// importedBody counts the changes of a file.
type importedBody struct {
	Inserted  int64 `json:"inserted" doc:"New rows."`
	Updated   int64 `json:"updated" doc:"Rows that were there and have changed."`
	Unchanged int64 `json:"unchanged" doc:"Rows that were there and are the same."`
}

// key returns the column by which an upsert finds rows, nil for none.
func (d *declaration) key() *column {
	for _, c := range d.columns {
		if c.unique && c.given {
			return c
		}
	}
	return nil
}

// handleImport reads the rows of a file in one transaction: all of them, or none.
func (s *store) handleImport(ctx context.Context, in *importInput) (*importOutput, error) {
	key := s.d.key()
	if in.Mode == "upsert" && key == nil {
		return nil, errs.InvalidFields(errs.Field{In: "query", Pointer: "mode", Message: "must be insert: no field tells which row is which"})
	}
	if in.Mode != "upsert" {
		key = nil
	}
	from, ok := rest.StreamOf(ctx)
	if !ok {
		return nil, errors.New("the request of an import is not in its context")
	}
	of := s.d.file()
	file, err := rowfile.NewReader(http.MaxBytesReader(from.Writer, from.Request.Body, rest.MaxBatchBody), of, rowfile.Options{Format: in.Format, Delimiter: rowfile.Delimiters[in.Delimiter]})
	if err != nil {
		return nil, unreadable(ctx, err)
	}
	out := new(importOutput)
	err = tx.In(ctx, s.DB, func(ctx context.Context, t bun.Tx) error {
		i := &importing{store: s, t: t, caller: access.From(ctx), rest: of.Rest, key: key, body: &out.Body}
		return i.all(ctx, file)
	})
	if err != nil {
		return nil, database.Error(err, "import %s", s.d.Plural)
	}
	return out, nil
}

// unreadable is the error for a file that cannot be read on.
func unreadable(ctx context.Context, err error) error {
	var broken *rowfile.Broken
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &broken):
		return errs.InvalidFields(errs.Field{In: "body", Message: broken.Error()})
	case errors.As(err, &large):
		return rest.Refusal(ctx, http.StatusRequestEntityTooLarge)
	}
	return err
}

// importing is the import of one file.
type importing struct {
	*store
	t      bun.Tx
	caller access.Caller
	rest   string  // the column whose members may have columns of their own
	key    *column // nil: each row is new
	body   *importedBody
}

// all imports the rows of file in batches.
func (i *importing) all(ctx context.Context, file *rowfile.Reader) error {
	var faults []errs.Field
	for end := false; !end; {
		var batch []*rowfile.Row
		for len(batch) < maxBatch {
			row, err := file.Next()
			if errors.Is(err, io.EOF) {
				end = true
				break
			}
			if err != nil {
				return unreadable(ctx, err)
			}
			batch = append(batch, row)
		}
		wrong, err := i.some(ctx, batch)
		if err != nil {
			return err
		}
		if faults = append(faults, wrong...); len(faults) >= maxImportFaults {
			break
		}
	}
	if len(faults) > 0 {
		return errs.InvalidFields(faults[:min(len(faults), maxImportFaults)]...)
	}
	return nil
}

// some imports rows of a file, and lists their faults.
func (i *importing) some(ctx context.Context, batch []*rowfile.Row) (faults []errs.Field, err error) {
	there, err := i.existing(ctx, batch)
	if err != nil {
		return nil, err
	}
	var fresh []any
	var lines []int64
	for _, r := range batch {
		old := there[i.keyOf(r)]
		row := i.d.fresh()
		if old != nil {
			row = i.d.copied(old)
		} else {
			i.d.clear(reflect.ValueOf(row).Elem())
		}
		if wrong := i.apply(r, row, old == nil); len(wrong) > 0 {
			faults = append(faults, wrong...)
			continue
		}
		switch {
		case old == nil:
			fresh, lines = append(fresh, row), append(lines, r.Line)
		case reflect.DeepEqual(old, row):
			i.body.Unchanged++
		default:
			if err := i.write(ctx, old, row); err != nil {
				return nil, atLine(err, r.Line)
			}
			there[i.keyOf(r)] = row
		}
	}
	if len(faults) > 0 || len(fresh) == 0 {
		return faults, nil
	}
	if err := i.create(ctx, i.caller, fresh, len(fresh) == 1); err != nil {
		return nil, atLine(err, lines...)
	}
	i.body.Inserted += int64(len(fresh))
	return nil, nil
}

// write writes the next version of a row.
func (i *importing) write(ctx context.Context, old, row any) error {
	if err := i.next(ctx, i.t, i.caller, Change, old, row); err != nil {
		return i.refined(database.Error(err, "import %s", i.d.Name), true)
	}
	i.body.Updated++
	tx.AfterCommit(ctx, func() { i.tell(ctx, Change, row) })
	return nil
}

// keyOf returns the key of a row, nil for none.
func (i *importing) keyOf(r *rowfile.Row) any {
	for n, c := range i.d.filed {
		if c != i.key || n >= len(r.Values) || r.Values[n].Kind != rowfile.Given {
			continue
		}
		row := reflect.New(i.d.typ).Elem()
		if i.assign(c, r.Values[n], row) != "" {
			return nil
		}
		return c.value(row)
	}
	return nil
}

// existing returns the living rows that have the keys of a batch, by key, and holds them.
func (i *importing) existing(ctx context.Context, batch []*rowfile.Row) (map[any]any, error) {
	var keys []any
	for _, r := range batch {
		if key := i.keyOf(r); key != nil {
			keys = append(keys, key)
		}
	}
	there := make(map[any]any, len(keys))
	if len(keys) == 0 {
		return there, nil
	}
	query := i.filtered(i.t, i.caller, nil).Where("? IN (?)", bun.Ident(i.key.name), bun.List(keys))
	if i.DB.IsPostgres() {
		query = query.For("UPDATE")
	}
	err := i.each(ctx, query, func(row any) error {
		there[i.key.value(reflect.ValueOf(row).Elem())] = row
		return nil
	})
	return there, database.Error(err, "select the %s of a file", i.d.Plural)
}

// apply sets the values that r gives, and lists its faults. The time of creation is a fresh row's alone.
func (i *importing) apply(r *rowfile.Row, row any, fresh bool) []errs.Field {
	faults := r.Faults
	v := reflect.ValueOf(row).Elem()
	for n, c := range i.d.filed {
		switch {
		case n >= len(r.Values) || c.base && !fresh:
		case r.Values[n].Kind != rowfile.Absent:
			if message := i.assign(c, r.Values[n], v); message != "" {
				faults.Add(r.Headings.Of(c.name), message)
			}
		case fresh && c.given && !c.optional:
			faults.Add(c.name, "is required")
		}
	}
	if len(r.Rest) > 0 && len(faults) == 0 {
		if err := i.members(i.d.column(i.rest), r.Rest, v); err != nil {
			faults.Add("", "its "+i.rest+": "+err.Error())
		}
	}
	var fields []errs.Field
	for _, f := range faults {
		fields = append(fields, lineFault(r.Line, f.Column, f.Reason))
	}
	if len(fields) > 0 {
		return fields
	}
	for _, c := range i.d.filed {
		for _, message := range c.check(v) {
			fields = append(fields, lineFault(r.Line, r.Headings.Of(c.name), message))
		}
	}
	return fields
}

// assign sets a column to the value of a file, or returns the fault of the value.
func (i *importing) assign(c *column, value rowfile.Value, row reflect.Value) string {
	switch {
	case value.Kind != rowfile.Given && c.name == createdAt:
		return ""
	case value.Kind != rowfile.Given:
		return c.decode([]byte("null"), row, false)
	case c.kind == text || c.kind == instant:
		return c.parse(value.Text, row)
	}
	return c.decode([]byte(value.Text), row, false)
}

// members sets the members of an object that have columns of their own.
func (i *importing) members(c *column, rest []rowfile.Member, row reflect.Value) error {
	object := make(map[string]any, len(rest))
	for _, m := range rest {
		object[m.Name] = m.Text
		if m.JSON != nil {
			value, err := model.ParseValue(m.JSON)
			if err != nil {
				return err
			}
			object[m.Name] = value
		}
	}
	given, err := model.AttributesOf(object)
	if err != nil {
		return err
	}
	merged, err := c.value(row).(model.Attributes).Set(given)
	if err != nil {
		return err
	}
	c.set(row, merged)
	return nil
}

func lineFault(line int64, column, reason string) errs.Field {
	if column != "" {
		reason = column + " " + reason
	}
	return errs.Field{In: "body", Message: fmt.Sprintf("Line %d: %s", line, reason)}
}

// atLine tells the lines of the faults of rows.
func atLine(err error, lines ...int64) error {
	var known *errs.Error
	if !errors.As(err, &known) || len(known.Fields) == 0 {
		return err
	}
	located := *known
	located.Fields = make([]errs.Field, len(known.Fields))
	for n, f := range known.Fields {
		row, column := 0, f.Pointer
		if _, scanErr := fmt.Sscanf(f.Pointer, "/%d/%s", &row, &column); scanErr != nil {
			row, column = 0, f.Pointer[min(1, len(f.Pointer)):]
		}
		located.Fields[n] = lineFault(lines[min(row, len(lines)-1)], column, f.Message)
	}
	return &located
}
