package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	variable   = regexp.MustCompile(`(?ms)^variable "(\w+)" \{\n(.*?)^\}\n`)
	validation = regexp.MustCompile(`(?m)^  validation \{$`)
)

// TestEveryValidationIsRefused: the tests of each root try the invalid values of a
// variable, as often at least as it has validations.
func TestEveryValidationIsRefused(t *testing.T) {
	t.Parallel()
	roots, err := filepath.Glob("../*/variables.tf")
	if err != nil || len(roots) != 3 {
		t.Fatalf("roots %q: %v", roots, err)
	}
	for _, file := range roots {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var tried strings.Builder
		tests, err := filepath.Glob(filepath.Join(filepath.Dir(file), "tests", "*.tftest.hcl"))
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range tests {
			text, err := os.ReadFile(test)
			if err != nil {
				t.Fatal(err)
			}
			tried.Write(text)
		}
		found := 0
		for _, v := range variable.FindAllStringSubmatch(string(source), -1) {
			validations := len(validation.FindAllString(v[2], -1))
			refusals := strings.Count(tried.String(), "expect_failures = [var."+v[1]+"]")
			if refusals < validations {
				t.Errorf("%s: %s has %d validations, and %d refusals in %q", file, v[1], validations, refusals, tests)
			}
			found += validations
		}
		if found == 0 {
			t.Errorf("%s: no validation was found", file)
		}
	}
}
