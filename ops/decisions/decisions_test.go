// Package decisions_test holds the decisions to their form.
package decisions_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDecisions wants each decision in the index, with its rejected choices.
func TestDecisions(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("0*.md")
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
			t.Errorf("%s does not say what was rejected", file)
		}
		if !strings.Contains(string(index), "("+file+")") {
			t.Errorf("the index lacks %s", file)
		}
	}
}

// TestSecurityNamesItsTests: each promise of SECURITY.md names a test that the
// repository has.
func TestSecurityNamesItsTests(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]bool{}
	for _, name := range regexp.MustCompile("`(Test[A-Za-z]+)`").FindAllStringSubmatch(string(text), -1) {
		wanted[name[1]] = true
	}
	if len(wanted) < 10 {
		t.Fatalf("SECURITY.md names %d tests", len(wanted))
	}
	function := regexp.MustCompile(`(?m)^func (Test[A-Za-z]+)\(`)
	err = filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || strings.HasPrefix(entry.Name(), ".") && len(entry.Name()) > 2):
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := os.ReadFile(path)
		for _, name := range function.FindAllStringSubmatch(string(source), -1) {
			delete(wanted, name[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range wanted {
		t.Errorf("SECURITY.md names %s, and no test has that name", name)
	}
}
