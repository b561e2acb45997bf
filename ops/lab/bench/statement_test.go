package main

import (
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/testdb"
)

// TestBoundStatement: a statement for many rows becomes one that inserts one
// item again.
func TestBoundStatement(t *testing.T) {
	t.Parallel()
	p, err := startPlatform(t.Context(), testdb.EmptyURL(t, "postgres").Reveal())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	}()
	id, err := create(t.Context(), p.url, "It's $1")
	if err != nil {
		t.Fatal(err)
	}
	statement, err := p.bound(t.Context(), `INSERT INTO items (name, expires_at, version, attributes, created_at, updated_at) SELECT name FROM unnest($1::text[]) RETURNING id`, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.exec(t.Context(), statement); err != nil {
		t.Fatalf("%v: %s", err, statement)
	}
	var n int
	if err := p.db.NewRaw("SELECT count(*) FROM (SELECT FROM items GROUP BY name, expires_at, version, attributes, created_at, updated_at) same").Scan(t.Context(), &n); err != nil || n != 1 {
		t.Errorf("%d different items, %v", n, err)
	}
	if got, err := p.bound(t.Context(), `INSERT INTO items SELECT $1`, id); err == nil {
		t.Errorf("without columns it became %s", got)
	}
}

func TestVariable(t *testing.T) {
	t.Parallel()
	got, err := variable("SELECT 17, 'Sample 7', 7", 7)
	if err != nil || got != "SELECT 17, 'Sample :n', :n" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := variable("SELECT 17", 7); err == nil || !strings.Contains(err.Error(), "does not hold 7") {
		t.Errorf("returned %v", err)
	}
}
