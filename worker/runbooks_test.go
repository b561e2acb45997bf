package worker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRunbooks proves that each task has a runbook in the index, and that each
// runbook of a task has a task.
func TestRunbooks(t *testing.T) {
	t.Parallel()
	const dir = "../ops/runbooks"
	raw, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if os.IsNotExist(err) {
		t.Skip("this is a copy of the services alone")
	}
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]bool)
	for _, registered := range Declarations() {
		file := "task-" + strings.ReplaceAll(registered.Name, ".", "-") + ".md"
		want[file] = true
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
			t.Errorf("the task %s has no runbook: %v", registered.Name, err)
		}
		if !strings.Contains(string(raw), "("+file+")") {
			t.Errorf("ops/runbooks/README.md does not name %s", file)
		}
	}
	found, err := filepath.Glob(filepath.Join(dir, "task-*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		if !want[filepath.Base(path)] {
			t.Errorf("%s is about a task that is not there", filepath.Base(path))
		}
	}
}
