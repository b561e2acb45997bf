package transfer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

// leftOut are the tables without data to move: the tables of the migrations,
// the state of running processes, and the mark.
var leftOut = []string{
	"bun_migration_locks", "bun_migrations", "bun_product_migrations", "river_migration",
	"river_leader", "river_notification", "workers", "history",
	markTable,
}

// kind is the kind of a column's values. It decides on their text form in
// either dialect.
type kind int

const (
	text kind = iota
	number
	truth
	instant
	day
	document // JSON
	octets
	flags // a bit string of eight
	texts // an array
	documents
)

// kinds maps Postgres' types, which are more precise than SQLite's.
var kinds = map[string]kind{
	"text": text, "varchar": text, "river_job_state": text,
	"int2": number, "int4": number, "int8": number,
	"bool": truth, "timestamptz": instant, "date": day, "jsonb": document,
	"bytea": octets, "bit": flags, "_text": texts, "_varchar": texts, "_jsonb": documents,
}

type column struct {
	name     string
	kind     kind
	identity bool // a sequence makes its values
}

// table is a table to move. Its primary key orders its rows; text is ordered by
// byte.
type table struct {
	name    string
	columns []column
	key     []int // indexes of columns
}

// readPlan lists the tables of a migrated Postgres. Each comes after the tables to which its foreign keys refer.
func readPlan(ctx context.Context, to *pgxpool.Conn) ([]table, error) {
	const query = `
SELECT c.relname, a.attname, t.typname, a.attidentity <> '', coalesce(array_position(i.indkey::int2[], a.attnum), -1)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname COLLATE "C", a.attnum`
	rows, err := to.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read the tables of the target: %w", err)
	}
	defer rows.Close()
	var plan []table
	for rows.Next() {
		var name, typename string
		var c column
		var keyAt int // from 0, as in int2vector
		if err := rows.Scan(&name, &c.name, &typename, &c.identity, &keyAt); err != nil {
			return nil, err
		}
		if slices.Contains(leftOut, name) {
			continue
		}
		if plan, err = add(plan, name, c, typename, keyAt); err != nil {
			return nil, err
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	refers, err := references(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("read the foreign keys of the target: %w", err)
	}
	return inOrder(plan, refers)
}

// references returns, for each table, the other tables to which its foreign keys refer.
func references(ctx context.Context, to *pgxpool.Conn) (map[string][]string, error) {
	rows, err := to.Query(ctx, `
SELECT child.relname, parent.relname
FROM pg_constraint o JOIN pg_class child ON child.oid = o.conrelid JOIN pg_class parent ON parent.oid = o.confrelid
WHERE o.contype = 'f' AND child.relnamespace = current_schema()::regnamespace AND child.oid <> parent.oid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	refers := make(map[string][]string)
	for rows.Next() {
		var child, parent string
		if err := rows.Scan(&child, &parent); err != nil {
			return nil, err
		}
		refers[child] = append(refers[child], parent)
	}
	return refers, rows.Err()
}

// inOrder sorts plan so that each table comes after those to which it refers, and otherwise by name. A circle of
// references is an error that names its tables. A table may refer to itself: its rows go over by their keys, so a row
// has to refer to an earlier one.
func inOrder(plan []table, refers map[string][]string) ([]table, error) {
	rest := slices.Clone(plan)
	sorted := make([]table, 0, len(plan))
	for len(rest) > 0 {
		waits := func(t table) bool {
			return slices.ContainsFunc(rest, func(other table) bool {
				return other.name != t.name && slices.Contains(refers[t.name], other.name)
			})
		}
		i := slices.IndexFunc(rest, func(t table) bool { return !waits(t) })
		if i < 0 {
			var names []string
			for _, t := range rest {
				names = append(names, t.name)
			}
			return nil, fmt.Errorf("the foreign keys of these tables form a circle, so no order fits: %s; "+
				"drop one of the keys in the target, copy, and add it again", strings.Join(names, ", "))
		}
		sorted = append(sorted, rest[i])
		rest = slices.Delete(rest, i, i+1)
	}
	return sorted, nil
}

// add adds a column to the last table of plan, or to a new one.
func add(plan []table, name string, c column, typename string, keyAt int) ([]table, error) {
	var known bool
	if c.kind, known = kinds[typename]; !known {
		return nil, fmt.Errorf("the column %s of %s has the type %s, which copy does not support", c.name, name, typename)
	}
	if len(plan) == 0 || plan[len(plan)-1].name != name {
		plan = append(plan, table{name: name})
	}
	t := &plan[len(plan)-1]
	if keyAt >= 0 {
		for len(t.key) <= keyAt {
			t.key = append(t.key, 0)
		}
		t.key[keyAt] = len(t.columns)
	}
	t.columns = append(t.columns, c)
	return plan, nil
}

// names returns the names of t's columns, for a statement.
func (t table) names() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = quote(c.name)
	}
	return strings.Join(names, ", ")
}

// quote returns the identifier of a name from the catalog, in either dialect.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
