package life

import (
	"bytes"
	"encoding/json"
	"go/format"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A set of names for a product.
type set struct {
	product, name, repository string
	always                    bool // in the gate, too
}

var sets = map[string]set{
	"short":                            {"Ox", "ox", "ox/ox", false},
	"long, with hyphens":               {"Northern Lights Shop", "northern-lights-shop", "northern-lights-shop-company/northern-lights-shop", true},
	"before the dependencies in order": {"Aardvark", "aardvark", "aaa/aardvark", false},
	"behind the dependencies in order": {"Zebra", "zebra", "zzz/zebra", false},
}

// begin gives a clone of c the names of a product.
func (s set) begin(c *tree, flags ...string) *tree {
	c.t.Helper()
	p := c.clone()
	p.run(program, slices.Concat([]string{"init", "-product", s.product, "-name", s.name, "-repository", s.repository}, flags)...)
	p.run("git", "commit", "--quiet", "--message", "begin")
	return p
}

// TestProductHasItsNamesOnly: the platform's name is left in the line of origin, and in history.
func TestProductHasItsNamesOnly(t *testing.T) {
	t.Parallel()
	platform := copied(t)
	if platform == nil {
		return
	}
	var declared struct {
		Names struct{ Name, Token string }
		Keep  []string
	}
	if err := json.Unmarshal([]byte(platform.read(".platform.json")), &declared); err != nil {
		t.Fatal(err)
	}
	for name, s := range sets {
		if !whole && !s.always {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := s.begin(&tree{t, platform.dir}, "-after=false")
			args := []string{"grep", "--ignore-case", "--line-number", "-e", declared.Names.Name, "-e", `\b` + declared.Names.Token, "--", "."}
			for _, kept := range declared.Keep {
				args = append(args, ":(exclude,glob)"+kept)
			}
			if left := strings.TrimSpace(p.run("git", args...)); strings.Contains(left, "\n") || !strings.HasPrefix(left, ".platform.json:") {
				t.Errorf("the platform's name is left in:\n%s", left)
			}
			if files := p.run("git", "ls-files"); strings.Contains(files, declared.Names.Name) {
				t.Errorf("the platform's name is left in the names of files")
			}
			p.formed()
		})
	}
}

// formed fails the test unless Go files have the form of gofmt.
func (c *tree) formed() {
	c.t.Helper()
	for file := range strings.SplitSeq(strings.TrimSpace(c.run("git", "ls-files", "*.go")), "\n") {
		text, err := os.ReadFile(filepath.Join(c.dir, file))
		if err != nil {
			c.t.Fatal(err)
		}
		if formatted, err := format.Source(text); err != nil || !bytes.Equal(text, formatted) {
			c.t.Errorf("%s has not the form of gofmt: %v", file, err)
		}
	}
}
