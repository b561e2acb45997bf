package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// files are the contents of files by path; "" removes one.
type files map[string]string

// seedling is a small platform.
var seedling = files{
	declarationFile: `{
  "names": {
    "product": "SEEDling", "name": "seedling", "identifier": "seedling", "module": "github.com/seedling/seedling",
    "repository": "seedling/seedling", "variables": "SEEDLING_", "token": "sdl_", "letter": "S", "licence": "SEEDling is for everybody"
  },
  "keep": ["**/CHANGELOG.md", "history/**"],
  "generated": ["written.txt"],
  "after": [["cp", "source.txt", "written.txt"]],
  "checks": [["test", "!", "-e", "broken.txt"]]
}
`,
	"CHANGELOG.md":                        "# Changelog of SEEDling\n",
	"LICENSE":                             "SEEDling is for everybody.\n",
	"README.md":                           "# SEEDling\n\none\ntwo\nthree\nfour\nfive\nsix\nseven\n\nRun seedling-api.\n",
	"api/cmd/seedling-api/main.go":        "package main\n\nimport (\n\t\"github.com/bbb/b\"\n\t\"github.com/seedling/seedling/s\"\n)\n\nfunc main() { b.Run(s.All) }\n",
	"api/migrations/platform/0001_a.sql":  "SELECT 1;\n",
	"history/old.md":                      "SEEDling was small.\n",
	"ops/settings.md":                     "| `SEEDLING_A` | `1` | api | a |\n| `SEEDLING_B` | `2` | api | b |\n",
	"source.txt":                          "of seedling\n",
	"style.txt":                           "a long text\nwith some lines\nfor seedling\nthat stays\nrecognisable\n",
	"written.txt":                         "of seedling\n",
	"script.sh":                           "#!/bin/sh\necho seedling\n",
	"api/cmd/seedling-api/testdata/empty": "\n",
}

// A world has the platform's repository, and clones of it.
type world struct {
	t        *testing.T
	platform string
	clock    time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, platform: t.TempDir(), clock: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	w.git(w.platform, "init", "--quiet", "--initial-branch=main")
	if err := os.WriteFile(filepath.Join(w.platform, "script.sh"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	w.commit(w.platform, seedling)
	return w
}

// git runs git with an identity and a time of its own, and returns its output.
func (w *world) git(dir string, args ...string) string {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "git", args...)
	cmd.Dir = dir
	at := w.clock.Format(time.RFC3339)
	cmd.Env = append(os.Environ(), "GIT_COMMITTER_DATE="+at, "GIT_AUTHOR_DATE="+at)
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit writes files and commits them, and returns the commit.
func (w *world) commit(dir string, changes files) string {
	w.t.Helper()
	w.write(dir, changes)
	w.clock = w.clock.Add(time.Minute)
	w.git(dir, "add", "--all")
	w.git(dir, "commit", "--quiet", "--message", "change")
	return w.git(dir, "rev-parse", "HEAD")
}

func (w *world) write(dir string, changes files) {
	w.t.Helper()
	for file, content := range changes {
		path := filepath.Join(dir, filepath.FromSlash(file))
		if content == "" {
			if err := os.Remove(path); err != nil {
				w.t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
}

// clone returns a clone of the platform.
func (w *world) clone() string {
	w.t.Helper()
	dir := w.t.TempDir()
	w.git(w.t.TempDir(), "clone", "--quiet", w.platform, dir)
	return dir
}

// product returns a clone that has names, in a commit.
func (w *world) product() string {
	w.t.Helper()
	dir := w.clone()
	w.life(dir, "init", "-product", "Acme Shop", "-repository", "acme/shop", "-upstream", w.platform)
	w.git(dir, "commit", "--quiet", "--message", "Begin Acme Shop")
	return dir
}

// life runs the program, and returns its output.
func (w *world) life(dir string, args ...string) string {
	w.t.Helper()
	out, err := w.try(dir, args...)
	if err != nil {
		w.t.Fatalf("life %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// try runs the program without a terminal.
func (w *world) try(dir string, args ...string) (string, error) {
	var out bytes.Buffer
	err := run(w.t.Context(), dir, args, strings.NewReader(""), &out)
	return out.String(), err
}

func (w *world) read(dir, file string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// has fails the test unless text has each of the parts.
func has(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("there is no %q in:\n%s", part, text)
		}
	}
}

// failed fails the test unless the error's text has part.
func failed(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("the error is %v, want %q", err, part)
	}
}

// TestMain gives git an identity, and keeps the user's settings out.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_SYSTEM": os.DevNull,
		"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@localhost", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@localhost",
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
