package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"
)

// The library could read these files itself with text/template. That package
// calls methods by name, so the linker would keep all methods of all types, a
// third of the program.

// fileName is NNNN_name.tx.up.sql: the migration's name, its comment, whether
// it runs in a transaction, and its direction.
var fileName = regexp.MustCompile(`^(\d{4})_([a-z0-9_]+?)(\.tx)?\.(up|down)\.sql$`)

// separator is a line between statements that run one by one.
const separator = "--split"

// discover reads the migrations of one dialect's directory, ascending; marks is the table that marks the applied ones. It
// refuses two files of the same number that are not the two ways of one migration.
func discover(dir fs.FS, marks string) ([]migrate.Migration, error) {
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return nil, err
	}
	var all []migrate.Migration
	first := make(map[string]string) // the file of each number, and of each number and direction
	for _, name := range names {
		parts := fileName.FindStringSubmatch(name)
		if parts == nil {
			return nil, fmt.Errorf("%s: want a name like 0001_base.tx.up.sql", name)
		}
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(m migrate.Migration) bool { return m.Name == parts[1] })
		if i < 0 {
			all = append(all, migrate.Migration{Name: parts[1], Comment: parts[2]})
			i, first[parts[1]] = len(all)-1, name
		}
		way := parts[1] + parts[4]
		if all[i].Comment != parts[2] {
			return nil, sameNumber(first[parts[1]], name)
		}
		if other, twice := first[way]; twice {
			return nil, sameNumber(other, name)
		}
		first[way] = name
		script := script{text: string(text), tx: parts[3] != "", marks: marks}
		if parts[4] == "up" {
			all[i].Up = script.run(script.markApplied)
		} else {
			all[i].Down = script.run(script.markReverted)
		}
	}
	return all, nil
}

// sameNumber names two migrations with the same number, of which only one would
// run.
func sameNumber(one, other string) error {
	return fmt.Errorf("%s and %s have the same number: give the later one the next free number, in both dialects", one, other)
}

// script is one file. In a transaction, the whole file and its mark commit
// together, even if the process is killed. Otherwise its statements run one by
// one.
type script struct {
	text  string
	tx    bool
	marks string // the table of marks
}

type marker func(ctx context.Context, db bun.IConn, m *migrate.Migration) error

func (s script) run(mark marker) func(context.Context, *migrate.Migrator, *migrate.Migration) error {
	return func(ctx context.Context, library *migrate.Migrator, m *migrate.Migration) error {
		if s.tx {
			return library.DB().RunInTx(ctx, &sql.TxOptions{}, func(ctx context.Context, tx bun.Tx) error {
				if _, err := tx.ExecContext(ctx, s.text); err != nil {
					return err
				}
				return mark(ctx, tx, m)
			})
		}
		for statement := range strings.SplitSeq(s.text, "\n"+separator+"\n") {
			if _, err := library.DB().ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}
}

func (s script) markApplied(ctx context.Context, db bun.IConn, m *migrate.Migration) error {
	_, err := db.ExecContext(ctx, fmt.Sprintf("INSERT INTO %s (name, group_id) VALUES ('%s', %d)", s.marks, m.Name, m.GroupID))
	return err
}

func (s script) markReverted(ctx context.Context, db bun.IConn, m *migrate.Migration) error {
	_, err := db.ExecContext(ctx, fmt.Sprintf("DELETE FROM %s WHERE id = %d", s.marks, m.ID))
	return err
}
