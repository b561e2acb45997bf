package firstrun_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDecisions: each is in the index, and says what was rejected.
func TestDecisions(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(repository, "ops", "decisions")
	index, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "0*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no decisions: %v", err)
	}
	rejected := regexp.MustCompile(`(?m)^(?:\*\*Rejected|## Rejected)`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !rejected.Match(text) {
			t.Errorf("%s does not say what was rejected", filepath.Base(file))
		}
		if !strings.Contains(string(index), "("+filepath.Base(file)+")") {
			t.Errorf("the index lacks %s", filepath.Base(file))
		}
	}
}
