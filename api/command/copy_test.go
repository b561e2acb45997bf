package command

import (
	"bytes"
	"flag"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// copyItems is the number of items in TestKilledCopy: go test -args -items
// 1000000.
var copyItems = flag.Int("items", 15_000, "")

// copied is the state of a target in TestKilledCopy, in Postgres' types.
type copied struct {
	Name, Attributes, CreatedAt string
	ID                          int64
}

// platform fills a SQLite database with n items, and with some rows in all
// other tables.
func platform(t *testing.T, n int) (config.DatabaseURL, *database.DB) {
	t.Helper()
	url := testdb.NewURL(t, "sqlite")
	db := testdb.Open(t, url)
	for _, statement := range []string{
		fmt.Sprintf(`INSERT INTO items (name, description, attributes, search_text, created_at, updated_at, version)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			SELECT 'item ' || i, char(9, 10, 13, 92) || '\N é😀', json_object('b', i, 'a', '"\'), 'item ' || i,
				'2026-01-02 03:04:05.0067' || printf('%%02d', i %% 100) || '+00:00', '2026-01-02 03:04:05.006789+00:00', 1 + i %% 3 FROM n`, n),
		`DELETE FROM items WHERE id > (SELECT max(id) - 10 FROM items)`, // ids that are not given again
		`UPDATE items SET deleted_at = '0001-01-01 00:00:00.000000+00:00', expires_at = '9999-12-31 23:59:59.999999+00:00', slug = '' WHERE id % 7 = 0`,
		`INSERT INTO tokens (name, hash, scopes, created_at) VALUES ('ci', x'0000000000000000000000000000000000000000000000000000000000005c0a', 'read', '2026-01-02 03:04:05.006789+00:00')`,
		`INSERT INTO idempotency_keys VALUES ('b', 'K', x'00', 201, '{}', x'', '2026-01-02 03:04:05.006789+00:00'), ('B', 'k', x'ff', 201, '', x'0d', '2026-01-02 03:04:05.006789+00:00')`,
		`INSERT INTO item_stats (day, created, updated, expired, deleted, updated_at, restored) VALUES ('2026-01-02', 1, 2, 3, 4, '2026-01-02 03:04:05.006789+00:00', 5)`,
		`INSERT INTO schedules VALUES ('stats.rollup', '* * * * *', 'Europe/Berlin', 'skip', 'allow', '*', 'UTC', 'once', 'skip', 'Counts', 1, '2026-01-02 03:04:05.006789+00:00', 1, '2026-01-02 03:04:05.006789+00:00')`,
		`INSERT INTO river_job (args, attempted_by, errors, kind, metadata, scheduled_at, tags, unique_key, unique_states, state, finalized_at) VALUES
			(jsonb('{"trigger":"schedule","due_at":"2026-01-02T03:04:05Z"}'), jsonb('["a\"b\\", "c"]'), jsonb('[{"at":"x","error":"it said \"no\"\n"}]'), 'stats.rollup', jsonb('{"b":1,"a":[]}'), '2026-01-02 03:04:05.006', jsonb('["t"]'), x'01', 93, 'discarded', '2026-01-02 03:04:06')`,
		`INSERT INTO river_job (kind) VALUES ('items.expire')`,
		`INSERT INTO river_queue (name) VALUES ('default')`,
	} {
		if _, err := db.DB.DB.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return url, db
}

// runCopy copies until the end.
func runCopy(t *testing.T, from, to config.DatabaseURL) (stdout, stderr string, err error) {
	t.Helper()
	cmd := copyCommand(t, from, to)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// copyCommand passes the target in the environment, the place for a password.
func copyCommand(t *testing.T, from, to config.DatabaseURL) *exec.Cmd {
	t.Helper()
	return command(t, to, "copy", "--from", from.Reveal())
}

// TestKilledCopy kills a copy twice, and the third one ends. All rows are
// there, no trigger has run, and new ids follow the old ones.
func TestKilledCopy(t *testing.T) {
	t.Parallel()
	items := *copyItems
	target := testdb.EmptyURL(t, "postgres")
	source, from := platform(t, items)
	began := time.Now()
	for kills := range 2 {
		killCopy(t, copyCommand(t, source, target), target, 1+kills*items/3)
	}
	stdout, stderr, err := runCopy(t, source, target)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	t.Logf("%s after its start:\n%s", time.Since(began).Round(time.Second), stdout)
	to := testdb.Open(t, target)
	for _, table := range []string{"items", "item_events", "tokens", "idempotency_keys", "item_stats", "schedules", "river_job", "river_queue"} {
		want, got := countOf(t, from, table), countOf(t, to, table)
		if want != got || want == 0 || !strings.Contains(stdout, fmt.Sprintf("%-18s %9d rows", table, want)) {
			t.Errorf("%s: %d rows of %d; printed:\n%s", table, got, want, stdout)
		}
	}
	got := copied{}
	if err := to.NewRaw("SELECT id, name, attributes::text, created_at::text FROM items WHERE description = ? AND id = 7", "\t\n\r\\\\N é😀").
		Scan(t.Context(), &got.ID, &got.Name, &got.Attributes, &got.CreatedAt); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(copied{"item 7", `{"a": "\"\\", "b": 7}`, "2026-01-02 03:04:05.006707+00", 7}, got); diff != "" {
		t.Errorf("item 7 (-want +got):\n%s", diff)
	}
	var bits, errors string
	const run = `SELECT unique_states::text, errors[1] ->> 'error' FROM river_job WHERE attempted_by = ARRAY['a"b\', 'c']`
	if err := to.NewRaw(run).Scan(t.Context(), &bits, &errors); err != nil {
		t.Fatal(err)
	}
	if bits != "01011101" || errors != "it said \"no\"\n" {
		t.Errorf("a run has the states %s and the error %q", bits, errors)
	}
	var next int64
	if err := to.NewRaw(`INSERT INTO items (name, created_at, updated_at) VALUES ('next', now(), now()) RETURNING id`).Scan(t.Context(), &next); err != nil || next != int64(items)+1 {
		t.Errorf("the next item is %d, %v; want %d", next, err, items+1)
	}
	if n := countOf(t, to, "item_events"); n != countOf(t, from, "item_events")+1 {
		t.Errorf("the triggers are off: %d events", n)
	}
	if _, stderr, err := runCopy(t, source, target); err == nil || !strings.Contains(stderr, "already has data in idempotency_keys, item_events") {
		t.Errorf("a copy into a full target: %v, %s", err, stderr)
	}
}

// killCopy starts a copy, and kills it when the target has this number of
// items.
func killCopy(t *testing.T, cmd *exec.Cmd, target config.DatabaseURL, items int) {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	db := testdb.Open(t, target)
	for n := 0; n < items; {
		select {
		case err := <-ended:
			t.Fatalf("the copy ended with %d items: %v\n%s", n, err, stderr.String())
		case <-time.After(5 * time.Millisecond):
			_ = db.NewRaw("SELECT count(*) FROM items").Scan(t.Context(), &n) // the table may not exist yet
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if <-ended == nil {
		t.Error("it was killed, and ended well")
	}
}

func countOf(t *testing.T, db *database.DB, table string) int64 {
	t.Helper()
	n, err := db.NewSelect().Table(table).Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestCopyRefuses proves that a copy that would lose or mix data is refused
// with the cure.
func TestCopyRefuses(t *testing.T) {
	t.Parallel()
	source, from := platform(t, 20)
	other, _ := platform(t, 20)
	exec := func(db *database.DB, statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(name string, from, to config.DatabaseURL, want string) {
		t.Helper()
		_, stderr, err := runCopy(t, from, to)
		if err == nil || !strings.Contains(stderr, want) {
			t.Errorf("%s: %v, %s; want %q", name, err, stderr, want)
		}
	}
	refused("no source", config.DatabaseURL("sqlite:////nowhere/fualab.db"), other, "there is no database at /nowhere/fualab.db")
	refused("onto SQLite", source, other, "the target must be a Postgres database")
	refused("an empty source", testdb.EmptyURL(t, "sqlite"), testdb.NewURL(t, "postgres"), "there is no database")

	target := testdb.NewURL(t, "postgres")
	to := testdb.Open(t, target)
	exec(to, `INSERT INTO items (name, created_at, updated_at) VALUES ('theirs', now(), now())`)
	refused("a target in use", source, target, "already has data in item_events, items")
	exec(to, `TRUNCATE items, item_events`)

	exec(from, fmt.Sprintf(`INSERT INTO workers (instance, version, started_at, last_beat) VALUES ('w1', '', '%[1]s', '%[1]s')`,
		time.Now().UTC().Format("2006-01-02 15:04:05.000000+00:00")))
	refused("a platform that runs", source, target, "the worker w1 worked on the source")
	exec(from, `UPDATE workers SET last_beat = '2026-01-02 03:04:05.006789+00:00'`)

	exec(to, `CREATE TABLE fualab_copy (source text NOT NULL); INSERT INTO fualab_copy VALUES ('sqlite:////elsewhere.db')`)
	refused("another's copy", source, target, "part of a copy of sqlite:////elsewhere.db")
	exec(to, `DROP TABLE fualab_copy`)

	// A row of the target changes while the copy is interrupted.
	exec(to, fmt.Sprintf(`CREATE TABLE fualab_copy (source text NOT NULL); INSERT INTO fualab_copy VALUES ('%s')`, source.String()))
	exec(to, `INSERT INTO items (id, name, created_at, updated_at) VALUES (1, 'theirs', now(), now()); TRUNCATE item_events, schedules`)
	refused("a target that was written to", source, target, "the row id 1 differs in name")
}
