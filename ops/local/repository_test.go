package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const builtTitle = "<title>FUALab</title>"

// fakes contains a Node and an npm for the tests: npm runs the script npm.sh of
// its working directory. They are written before the first test. A process that
// another test starts while they are open would keep them from running.
var fakes string

func withFakes(run func() int) int {
	dir, err := os.MkdirTemp("", "fualab-local-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fakes = dir
	for name, script := range map[string]string{
		"node": "#!/bin/sh\necho \"${FAKE_NODE_VERSION:-v22.12.0}\"\n",
		"npm":  "#!/bin/sh\n. ./npm.sh\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return run()
}

// fakePath is a PATH that begins with the fakes.
func fakePath() string {
	return "PATH=" + fakes + string(os.PathListSeparator) + os.Getenv("PATH")
}

// newRepository returns a repository whose client is not built yet. Its npm
// runs script: "$1" is ci or run, and "$5" the directory to build.
func newRepository(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.work"), "")
	for _, name := range []string{"package.json", "package-lock.json", "index.html", "vite.config.ts", "src/main.tsx"} {
		write(t, filepath.Join(dir, "frontend", name), "")
	}
	write(t, filepath.Join(dir, "frontend", "npm.sh"), script)
	return dir
}

// builtRepository returns a repository whose client is built.
func builtRepository(t *testing.T) string {
	t.Helper()
	dir := newRepository(t, "exit 1")
	write(t, filepath.Join(dir, "frontend", builtPage), builtTitle)
	return dir
}

// write writes the file name and creates its directories.
func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// age sets the time of the last change of name to ago before now.
func age(t *testing.T, name string, ago time.Duration) {
	t.Helper()
	at := time.Now().Add(-ago)
	if err := os.Chtimes(name, at, at); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}
