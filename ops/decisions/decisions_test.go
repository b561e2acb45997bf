// Package decisions_test checks the form of the decisions.
package decisions_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sections are the parts of a decision, in this order.
var sections = []string{"## Context", "## Decision", "## Rejected", "## Consequences"}

// TestDecisions: each decision is in the index, its title begins with its
// number, and it has all sections of the template.
func TestDecisions(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("0*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no decisions were found: %v", err)
	}
	headings := regexp.MustCompile(`(?m)^## .*$`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "# "+file[:4]+" ") {
			t.Errorf("%s: the title does not begin with the decision's number", file)
		}
		if got := headings.FindAllString(string(text), -1); !slices.Equal(got, sections) {
			t.Errorf("%s has the sections %q, want %q", file, got, sections)
		}
		if !strings.Contains(string(index), "("+file+")") {
			t.Errorf("the index lacks %s", file)
		}
	}
}

// TestSecurityNamesItsTests: every test that SECURITY.md names exists.
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
		t.Errorf("SECURITY.md names %s, but no test has that name", name)
	}
}
