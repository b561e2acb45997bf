package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const root = "../.."

// clone returns a repository of its own with the files of this one in its
// first commit. The program's output goes to the test's log.
func clone(t *testing.T) *repository {
	t.Helper()
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", `git ls-files -z --cached --others --exclude-standard | tar -c --null --ignore-failed-read --files-from - | tar -x -C "$1"`, "sh", dir)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("copy the repository: %v\n%s", err, out)
	}
	r := &repository{dir: dir, out: t.Output()}
	r.git(t, "init", "--quiet", "--initial-branch=main")
	r.git(t, "config", "user.name", "test")
	r.git(t, "config", "user.email", "test@example.com")
	r.git(t, "add", "--all")
	r.commit(t, "all of it")
	return r
}

func (r *repository) git(t *testing.T, args ...string) string {
	t.Helper()
	got, err := r.output(t.Context(), "git", args...)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// commit commits all changes of known files, to main as well as origin's.
func (r *repository) commit(t *testing.T, message string) {
	t.Helper()
	r.git(t, "commit", "--quiet", "--allow-empty", "--all", "--message", message)
	r.git(t, "update-ref", "refs/remotes/origin/main", "HEAD")
}

// edit replaces text in a file of the repository.
func (r *repository) edit(t *testing.T, name, from, to string) {
	t.Helper()
	text, err := os.ReadFile(r.path(name))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%s does not contain %q", name, from)
	}
	if err := os.WriteFile(r.path(name), []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fakes puts scripts of these names first in PATH. Each notes how it
// is called and then runs its own text. It returns their notes.
func fakes(t *testing.T, scripts map[string]string) func() string {
	t.Helper()
	dir := t.TempDir()
	calls := filepath.Join(dir, "calls")
	for name, script := range scripts {
		text := "#!/bin/sh\necho " + name + " \"$@\" >>" + calls + "\n" + script + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return func() string {
		text, err := os.ReadFile(calls)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}
