package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/fualab/fualab/ops/life/entity"
)

// Places of an entity's parts.
const (
	apiParts    = "api/product.go"
	pageParts   = "frontend/src/product.ts"
	newestTable = "shared/schema/product.go"
	tables      = "shared/schema/sqlite.sql"
	sequence    = "api/migrations/product"
)

// newResource writes an entity: its declaration, migrations, test and page, and its lines in the lists of the product. It
// overwrites no file.
func newResource(_ context.Context, r *repository, args []string, _ io.Reader) error {
	flags := flag.NewFlagSet("resource", flag.ContinueOnError)
	plural := flags.String("plural", "", "the name of several, such as people for person; the usual plural unless given")
	dry := flags.Bool("dry-run", false, "tell the files, and write none")
	rest, err := parse(flags, r.out, args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return fmt.Errorf("%w: it needs the name of an entity and its fields, such as customer email:string:unique phone:string?", errUsage)
	}
	d, err := r.declaration()
	if err != nil {
		return err
	}
	e, err := entity.Parse(d.Names.Module, rest[0], *plural, rest[1:])
	if err != nil {
		return err
	}
	if err := r.free(e); err != nil {
		return err
	}
	others := map[string]entity.Other{}
	for _, f := range e.Refs() {
		if err := r.refer(others, f.Table); err != nil {
			return err
		}
	}
	number, err := r.nextMigration()
	if err != nil {
		return err
	}
	written := map[string][]byte{
		path.Join("api/internal", e.Package(), e.Package()+".go"):      e.Declaration(),
		path.Join("api/internal", e.Package(), e.Package()+"_test.go"): e.Test(others),
		path.Join("frontend/src", e.Path(), e.Path()+".tsx"):           e.Page(),
	}
	for _, dialect := range entity.Dialects {
		name := path.Join(sequence, dialect, number+"_"+e.Table())
		written[name+".tx.up.sql"], written[name+".tx.down.sql"] = e.Up(dialect), e.Down(dialect)
	}
	changed := map[string]func([]byte) ([]byte, error){
		apiParts: e.AddToAPI, pageParts: e.AddToPages,
		newestTable: func(old []byte) ([]byte, error) { return entity.RaiseSchema(old, number) },
	}
	if err := r.write(written, changed, *dry); err != nil || *dry {
		return err
	}
	r.say("\nNext, each time that you change the struct or a migration:\n  ops/ci/with-services.sh go tool task generate   # the schema of both dialects, and the API's document\n" +
		"  npm --prefix frontend run types && npm --prefix frontend run format\n  go test ./api/internal/" + e.Package())
	return nil
}

// write writes new files and changes lists, all or, where a file is there or a list has another form, none.
func (r *repository) write(written map[string][]byte, changed map[string]func([]byte) ([]byte, error), dry bool) error {
	contents := map[string][]byte{}
	for file, content := range written {
		if _, err := os.Lstat(r.path(file)); !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s is there already, and nothing is overwritten: choose another name, or remove it", file)
		}
		contents[file] = content
	}
	for file, change := range changed {
		old, err := os.ReadFile(r.path(file))
		if err != nil {
			return err
		}
		if contents[file], err = change(old); err != nil {
			return err
		}
	}
	for _, file := range sorted(contents) {
		word := "write "
		if changed[file] != nil {
			word = "change"
		}
		r.say("%s %s", word, file)
		if dry {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(r.path(file)), 0o755); err != nil { //nolint:gosec // as git makes folders
			return err
		}
		if err := os.WriteFile(r.path(file), contents[file], 0o644); err != nil { //nolint:gosec // as git writes files
			return err
		}
	}
	return nil
}

// free returns an error if another part of the platform or the product has one of the entity's names.
func (r *repository) free(e entity.Entity) error {
	for _, folder := range []string{path.Join("api/internal", e.Package()), path.Join("frontend/src", e.Path())} {
		if _, err := os.Stat(r.path(folder)); err == nil {
			return fmt.Errorf("%s is there already: choose another name, or another plural by -plural", folder)
		}
	}
	schema, err := os.ReadFile(r.path(tables))
	if err != nil {
		return err
	}
	if entity.Created(string(schema))[e.Table()] {
		return fmt.Errorf("there is a table %s already: choose another name, or another plural by -plural", e.Table())
	}
	document, err := os.ReadFile(r.path("api/openapi.json"))
	if err != nil {
		return err
	}
	for what, text := range map[string]string{"path": `"/api/` + e.Path() + `"`, "component": `"` + e.Component() + `": {`} {
		if bytes.Contains(document, []byte(text)) {
			return fmt.Errorf("the API has the %s %s already: choose another name, or another plural by -plural", what, strings.Trim(text, `": {`))
		}
	}
	return nil
}

// refer adds the entity of a table, and those that it refers to.
func (r *repository) refer(others map[string]entity.Other, table string) error {
	if _, known := others[table]; known {
		return nil
	}
	folder := path.Join("api/internal", strings.ReplaceAll(table, "_", ""))
	files, err := filepath.Glob(r.path(folder + "/*.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // of the repository
		if err != nil {
			return err
		}
		o, err := entity.Read(file, text)
		if err != nil || strings.HasSuffix(file, "_test.go") {
			continue
		}
		o.Path = strings.ReplaceAll(table, "_", "-")
		others[table] = o
		for _, member := range o.Required {
			if member.Table == "" {
				continue
			}
			if err := r.refer(others, member.Table); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("%s declares no entity with the table %s: add that one first, or name another table as in owner:ref(people)", folder, table)
}

// nextMigration returns the number of the product's next migration.
func (r *repository) nextMigration() (string, error) {
	newest := 0
	for _, dialect := range entity.Dialects {
		entries, err := os.ReadDir(r.path(path.Join(sequence, dialect)))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
		for _, entry := range entries {
			var n int
			if regexp.MustCompile(`^[0-9]{4}_`).MatchString(entry.Name()) {
				if _, err := fmt.Sscanf(entry.Name(), "%d", &n); err == nil {
					newest = max(newest, n)
				}
			}
		}
	}
	return fmt.Sprintf("%04d", newest+1), nil
}
