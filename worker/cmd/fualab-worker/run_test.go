package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/model"
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
			row := map[string]any{
				"caller": "a", "key": "old", "fingerprint": []byte("f"), "status": 201, "header": "{}", "body": []byte("{}"),
				"expires_at": model.NewTime(time.Now().Add(-time.Hour)),
			}
			if _, err := db.NewInsert().Model(&row).Table("idempotency_keys").Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
			pass := func(args ...string) (string, error) {
				var stdout, stderr strings.Builder
				err := run(t.Context(), append([]string{"run"}, args...), []string{"FUALAB_DATABASE_URL=" + url.Reveal()}, &stdout, &stderr)
				return stdout.String(), err
			}
			for _, want := range []string{"idempotency.prune: 1 rows affected\n", "idempotency.prune: 0 rows affected\n"} {
				if got, err := pass("idempotency.prune"); got != want || err != nil {
					t.Errorf("printed %q, %v; want %q", got, err, want)
				}
			}
			if _, err := pass("idempotency.purne"); err == nil || !strings.Contains(err.Error(), "runs.prune, idempotency.prune") {
				t.Errorf("an unknown task: %v", err)
			}
			if _, err := pass(); !errors.Is(err, errUsage) {
				t.Errorf("no task: %v", err)
			}
		})
	}
}
