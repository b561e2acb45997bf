//go:build lab

// Package gameday_test causes faults in a running platform, and repairs them by
// the runbooks: it follows the marked commands of a page, in their order, and
// knows no others.
package gameday_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/ops/lab/internal/page"
)

// fault is the subject of one page.
type fault struct {
	page  string
	cause string // commands
	shows string // the output of the page's first block, during the fault only
}

const psql = "docker compose exec -T db psql -qX -U fualab -d fualab -v ON_ERROR_STOP=1 "

var faults = []fault{
	{"database-lost.md", "docker compose kill db", "nothing listens at"},
	{"redis-lost.md", "docker compose kill redis", "nothing listens at"},
	{"worker-heartbeat.md", "docker compose kill worker", `"stale"`},
	{"schedule-stuck.md", psql + `-c "UPDATE schedules SET cron = 'every minute' WHERE name = 'items.expire'"`, "every minute"},
	{"run-discarded.md", psql + `-c 'REVOKE ALL ON item_stats FROM fualab' && curl -sf -X POST localhost:8000/api/schedules/stats.rollup/runs`, "item_stats"},
	{"migration.md", "docker compose exec -T api fualab-api migrate down", "not applied: migration"},
	{"database-restore.md", `go tool task backup FILE="$BACKUP" && ` + psql + `-c 'DROP TABLE items CASCADE'`, `"items" does not exist`},
}

func TestGameDay(t *testing.T) {
	for _, program := range []string{"bash", "curl", "jq", "psql", "redis-server"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("the game day needs %s", program)
		}
	}
	w := newWorld(t)
	for _, f := range faults {
		t.Run(f.page, func(t *testing.T) { f.hold(t, w) })
	}
}

// hold causes the fault and follows the page.
func (f fault) hold(t *testing.T, w *world) {
	steps := f.steps(t)
	find := func() (string, bool) {
		out, _ := w.bash(t, steps[page.Find]) // a diagnosis may fail
		return out, strings.Contains(out, f.shows)
	}
	if out, shown := find(); shown {
		t.Fatalf("the page shows the fault before it was caused:\n%s", out)
	}
	w.await(t, steps[page.Over])
	w.must(t, f.cause)
	begin := time.Now()
	awaited(t, "the page finds the fault", find)
	found := time.Since(begin)
	if out, err := w.bash(t, steps[page.Over]); err == nil {
		t.Fatalf("the page says that the fault is over during the fault:\n%s", out)
	}
	begin = time.Now()
	w.must(t, steps[page.Repair])
	w.await(t, steps[page.Over])
	t.Logf("%s: found %.1f s after it began, over %.1f s after the repair began", f.page, found.Seconds(), time.Since(begin).Seconds())
}

// steps joins the blocks of each kind. The page must have all kinds.
func (f fault) steps(t *testing.T) map[string]string {
	t.Helper()
	blocks, err := page.Read(filepath.Join(repository, "ops", "runbooks", f.page))
	if err != nil {
		t.Fatal(err)
	}
	steps := make(map[string]string)
	for _, b := range blocks {
		steps[b.Where] += b.Text
	}
	for _, step := range []string{page.Find, page.Repair, page.Over} {
		if steps[step] == "" {
			t.Fatalf("%s has no block with the mark <!-- run: %s -->", f.page, step)
		}
	}
	return steps
}
