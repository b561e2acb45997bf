//go:build integration

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestSchemaPrevious: from the second release on, the tests of the last one
// run with its code and the schema as it is now. Running the tests is Go's
// part, which a fake plays: it looks at the files that it was given.
func TestSchemaPrevious(t *testing.T) {
	r := clone(t)
	calls := fakes(t, map[string]string{"go": `
[ "$1" = -C ] && [ "$GOWORK" = off ] || exit 2
cd "$2" || exit 2
case "$3" in
list) echo example.com/api/store; echo example.com/api/migrations ;;
test)
  if [ "${2##*/}" = api ]; then [ -e migrations/product/postgres/9999_new.tx.up.sql ] && [ -e of-the-release ] && [ ! -e new ] || exit 3; fi
  grep -q 'a new column' ../shared/schema/postgres.sql || exit 4
  ! grep -q 'broken' ../shared/schema/postgres.sql ;;
esac`})
	run := func() (string, error) {
		cmd := exec.CommandContext(t.Context(), "ops/ci/schema-previous.sh", "-run", "TestX")
		cmd.Dir = r.dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	wants := func(what, want string) {
		t.Helper()
		if out, err := run(); err != nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v\n%s\nwant %q", what, err, out, want)
		}
	}
	file := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(r.path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	wants("no release", "api has no release before this commit")
	file("api/of-the-release", "")
	r.git(t, "add", "--all")
	r.commit(t, "as it was released")
	r.git(t, "tag", "api/v0.1.0")
	r.git(t, "tag", "worker/v0.1.0")
	wants("the release itself is the first", "api has no release before this commit")
	file("api/new", "")
	r.git(t, "add", "--all")
	r.commit(t, "no migration")
	wants("the schema has not changed", "schema: it equals that of api/v0.1.0")

	file("api/migrations/product/postgres/9999_new.tx.up.sql", "ALTER TABLE items ADD COLUMN a int;")
	r.edit(t, "shared/schema/postgres.sql", "CREATE", "-- a new column\nCREATE")
	wants("a new migration", "the tests of worker/v0.1.0 on the present schema")
	for _, want := range []string{"/api/api test -run TestX example.com/api/store\n", "/worker/worker test -run TestX"} {
		if !strings.Contains(calls(), want) {
			t.Errorf("not called: %s\n%s", want, calls())
		}
	}
	r.edit(t, "shared/schema/postgres.sql", "a new column", "a new column, broken")
	if out, err := run(); err == nil || !strings.Contains(out, "api of api/v0.1.0 does not work on this schema") {
		t.Errorf("old code that fails on the new schema: %v\n%s", err, out)
	}
}
