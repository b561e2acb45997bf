package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/testdb"
)

// TestRunTask makes one pass by the command, as an operator does.
func TestRunTask(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			url := testdb.NewURL(t, dialect)
			db := testdb.Open(t, url)
			if _, err := db.ExecContext(t.Context(), `INSERT INTO items (name, search_text, created_at, updated_at, expires_at)
				VALUES ('Sample', 'sample', '2026-01-01 00:00:00.000000+00:00', '2026-01-01 00:00:00.000000+00:00', '2026-01-02 00:00:00.000000+00:00')`); err != nil {
				t.Fatal(err)
			}
			pass := func(args ...string) (string, error) {
				var stdout, stderr strings.Builder
				err := run(t.Context(), append([]string{"run"}, args...), []string{"FUALAB_DATABASE_URL=" + url.Reveal()}, &stdout, &stderr)
				return stdout.String(), err
			}
			for _, want := range []string{"items.expire: 1 rows affected\n", "items.expire: 0 rows affected\n"} {
				if got, err := pass("items.expire"); got != want || err != nil {
					t.Errorf("printed %q, %v; want %q", got, err, want)
				}
			}
			if _, err := pass("items.exipre"); err == nil || !strings.Contains(err.Error(), "there are items.enrich, items.expire,") {
				t.Errorf("an unknown task: %v", err)
			}
			if _, err := pass(); !errors.Is(err, errUsage) {
				t.Errorf("no task: %v", err)
			}
			var status string
			if err := db.NewRaw("SELECT status FROM items").Scan(t.Context(), &status); err != nil || status != "expired" {
				t.Errorf("the item is %q, %v", status, err)
			}
		})
	}
}
