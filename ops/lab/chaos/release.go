//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fualab/fualab/shared/schema"
)

// migrate runs the next release's migration while this release serves, and then
// replaces it by the next release. The next release is this one with a migration
// that adds a column, a table and an index.
func migrate(ctx context.Context, w *world) error {
	next := filepath.Join(w.built, "fualab-api")
	p, err := start(w.dir, w.apis[0].env, next, "migrate", "up")
	if err != nil {
		return err
	}
	<-p.done
	if said := p.out.last(1000); !p.cmd.ProcessState.Success() || !strings.Contains(said, "1 migrations applied") {
		return fmt.Errorf("migrate up: %s", said)
	}
	if err := pause(ctx, time.Second); err != nil { // the previous release serves on the new schema
		return err
	}
	for _, s := range w.apis {
		s.bin = next
		if err := s.replace(ctx); err != nil {
			return err
		}
	}
	w.ledger.faultEnds()
	return nil
}

// buildNext builds the API of the next release.
func buildNext(root string) error {
	for _, module := range []string{"api", "shared"} {
		if err := os.CopyFS(filepath.Join(root, module), os.DirFS(module)); err != nil {
			return err
		}
	}
	var newest int
	_, product, _ := strings.Cut(schema.Version, ".")
	if _, err := fmt.Sscanf(product, "%d", &newest); err != nil {
		return err
	}
	number := newest + 1
	prefix := fmt.Sprintf("%s/api/migrations/product/postgres/%04d_next", root, number)
	version := filepath.Join(root, "shared", "schema", "product.go")
	text, err := os.ReadFile(version) //nolint:gosec // a file of this repository
	if err != nil {
		return err
	}
	err = errors.Join(
		os.WriteFile(prefix+".up.sql", []byte(nextUp), 0o600),
		os.WriteFile(prefix+".down.sql", []byte(nextDown), 0o600),
		os.WriteFile(version, []byte(strings.Replace(string(text), product, fmt.Sprintf("%04d", number), 1)), 0o600), //nolint:gosec // in this program's own directory
	)
	if err != nil {
		return err
	}
	return build(filepath.Join(root, "api"), root)
}

const nextUp = `ALTER TABLE items ADD COLUMN IF NOT EXISTS colour text NOT NULL DEFAULT 'grey';
--split
CREATE TABLE IF NOT EXISTS item_notes (item_id bigint REFERENCES items (id), note text);
--split
CREATE INDEX CONCURRENTLY IF NOT EXISTS items_colour ON items (colour, id);
`

const nextDown = `DROP INDEX CONCURRENTLY IF EXISTS items_colour;
--split
DROP TABLE IF EXISTS item_notes;
--split
ALTER TABLE items DROP COLUMN IF EXISTS colour;
`
