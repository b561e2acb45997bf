package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func newBuilder(t *testing.T, repository string) builder {
	t.Helper()
	root, err := openClient(repository)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return builder{root, npm{filepath.Join(fakes, "npm"), root.Name(), os.Environ(), io.Discard}}
}

const builds = `echo "$1" >>calls
case $1 in
ci) mkdir -p node_modules && : >node_modules/.package-lock.json ;;
run) mkdir -p "$5" && date +%s%N >"$5/index.html" ;;
esac
`

// TestBuildRunsOnlyNeededSteps builds after each of several changes.
func TestBuildRunsOnlyNeededSteps(t *testing.T) {
	t.Parallel()
	repository := newRepository(t, builds)
	b, dir := newBuilder(t, repository), filepath.Join(repository, "frontend")
	newer := func(name string) {
		t.Helper()
		age(t, filepath.Join(dir, builtPage), time.Hour)
		age(t, filepath.Join(dir, name), time.Minute)
	}
	before := func() { // makes all inputs older than the first build
		t.Helper()
		for _, name := range []string{"package.json", "package-lock.json", "index.html", "vite.config.ts", "src/main.tsx", "src"} {
			age(t, filepath.Join(dir, name), 24*time.Hour)
		}
	}
	before()
	for _, step := range []struct {
		name   string
		change func()
		want   string
	}{
		{"a fresh clone", func() {}, "ci run"},
		{"nothing", func() {}, ""},
		{"a source", func() { newer("src/main.tsx") }, "run"},
		{"a source that is gone", func() { before(); newer("src") }, "run"},
		{"the notes", func() { before(); write(t, filepath.Join(dir, "README.md"), "new") }, ""},
		{"the settings of the compiler", func() { write(t, filepath.Join(dir, "tsconfig.app.json"), "{}"); newer("tsconfig.app.json") }, "run"},
		{"a dependency", func() {
			age(t, filepath.Join(dir, "node_modules/.package-lock.json"), time.Hour)
			newer("package-lock.json")
		}, "ci run"},
		{"an installation that was cut short", func() {
			newer("src/main.tsx")
			if err := os.Remove(filepath.Join(dir, "node_modules/.package-lock.json")); err != nil {
				t.Fatal(err)
			}
		}, "ci run"},
	} {
		step.change()
		_ = os.Remove(filepath.Join(dir, "calls")) // none at first
		if err := b.build(t.Context()); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		calls, _ := os.ReadFile(filepath.Join(dir, "calls"))
		if got := strings.Join(strings.Fields(string(calls)), " "); got != step.want {
			t.Errorf("after a change of %s it runs %q, want %q", step.name, got, step.want)
		}
		if stale(b.sources.FS()) {
			t.Errorf("after a change of %s and a build the client is still stale", step.name)
		}
	}
}

// TestFailedBuildKeepsOlderClient: a build writes half of a client and fails.
func TestFailedBuildKeepsOlderClient(t *testing.T) {
	t.Parallel()
	repository := newRepository(t, `[ "$1" = ci ] || { mkdir -p "$5" && echo half >"$5/index.html"; exit 1; }`)
	b := newBuilder(t, repository)
	page := filepath.Join(repository, "frontend", builtPage)
	write(t, page, "old")
	age(t, page, time.Hour)
	var failure *npmError
	if err := b.build(t.Context()); !errors.As(err, &failure) {
		t.Errorf("the build ends with %v", err)
	}
	if got := read(t, page); got != "old" {
		t.Errorf("the site serves %q", got)
	}
	if _, err := os.Stat(filepath.Join(repository, "frontend", workDir, "dist")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the half build is left: %v", err)
	}
}

// TestBuildsOnce runs two builds at a time, as two platforms would.
func TestBuildsOnce(t *testing.T) {
	t.Parallel()
	repository := newRepository(t, builds)
	for _, name := range []string{"package.json", "package-lock.json", "index.html", "vite.config.ts", "src/main.tsx", "src"} {
		age(t, filepath.Join(repository, "frontend", name), time.Hour)
	}
	failed := make(chan error, 2)
	for range cap(failed) {
		b := newBuilder(t, repository)
		go func() { failed <- b.build(t.Context()) }()
	}
	for range cap(failed) {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if calls := read(t, filepath.Join(repository, "frontend", "calls")); calls != "ci\nrun\n" {
		t.Errorf("npm runs %q", calls)
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	var e excerpt
	parts := []string{"cause\n\nsecond \r\n", strings.Repeat("manual\n", 5*excerptBytes), "\nla", "st"}
	for _, part := range parts {
		if n, err := io.WriteString(&e, part); n != len(part) || err != nil {
			t.Errorf("wrote %d of %d, %v", n, len(part), err)
		}
	}
	manual := func(n int) string { return strings.Repeat("manual\n", n) }
	if got, want := e.String(), "cause\nsecond\n"+manual(excerptLines-2)+"…\n"+manual(excerptLines-1)+"last"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if kept := len(e.head) + len(e.tail); kept > 2*excerptBytes {
		t.Errorf("the excerpt keeps %d bytes", kept)
	}
	var short excerpt
	_, _ = io.WriteString(&short, "only") // an excerpt accepts every write
	if got := short.String(); got != "only" {
		t.Errorf("got %q", got)
	}
}
