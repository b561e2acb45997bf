// Package life begins products from copies of this repository, and updates them.
package life

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A tree is a copy of the repository, in a repository of its own.
type tree struct {
	t   testing.TB
	dir string
}

// program is the built command life.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "life-*")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		program = filepath.Join(dir, "life")
		if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", program, "../../life").CombinedOutput(); err != nil { //nolint:noctx // go test ends it
			panic(string(out))
		}
		for name, value := range map[string]string{
			"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_SYSTEM": os.DevNull,
			"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@localhost", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@localhost",
		} {
			if err := os.Setenv(name, value); err != nil {
				panic(err)
			}
		}
		return m.Run()
	}())
}

// copied returns a copy of this repository's files, in a commit. It returns nil in a product, which has its names for life.
func copied(t *testing.T) *tree {
	t.Helper()
	here := &tree{t, "../../.."}
	if strings.Contains(here.read(".platform.json"), `"origin"`) {
		t.Log("This is a product, which has its names already.")
		return nil
	}
	c := &tree{t, t.TempDir()}
	for file := range strings.SplitSeq(strings.TrimSuffix(here.run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"), "\x00"), "\x00") {
		from := filepath.Join(here.dir, filepath.FromSlash(file))
		info, err := os.Lstat(from)
		if err != nil {
			continue // removed, and not yet committed
		}
		to := filepath.Join(c.dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	c.run("git", "init", "--quiet", "--initial-branch=main")
	c.commit()
	return c
}

// clone returns a clone of c.
func (c *tree) clone() *tree {
	c.t.Helper()
	other := &tree{c.t, c.t.TempDir()}
	other.run("git", "clone", "--quiet", c.dir, other.dir)
	return other
}

// run runs a program that has to succeed, and returns its output.
func (c *tree) run(name string, args ...string) string {
	c.t.Helper()
	out, err := c.try(name, args...)
	if err != nil {
		c.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

func (c *tree) try(name string, args ...string) (string, error) {
	cmd := exec.CommandContext(c.t.Context(), name, args...)
	cmd.Dir = c.dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

func (c *tree) commit() {
	c.t.Helper()
	c.run("git", "add", "--all")
	c.run("git", "commit", "--quiet", "--message", "change")
}

func (c *tree) read(file string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, filepath.FromSlash(file)))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

// write writes a file. "" removes it.
func (c *tree) write(file, text string) {
	c.t.Helper()
	path := filepath.Join(c.dir, filepath.FromSlash(file))
	if text == "" {
		if err := os.Remove(path); err != nil {
			c.t.Fatal(err)
		}
		return
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// replace changes a text that is once in a file.
func (c *tree) replace(file, old, now string) {
	c.t.Helper()
	text := c.read(file)
	if strings.Count(text, old) != 1 {
		c.t.Fatalf("%s has %q %d times, not once", file, old, strings.Count(text, old))
	}
	c.write(file, strings.Replace(text, old, now, 1))
}
