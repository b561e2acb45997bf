//go:build lab

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestRehearsal makes the first release of each module, and the second of two,
// with their images in a registry. It builds the services several times.
func TestRehearsal(t *testing.T) {
	r := clone(t)
	refused := func(what, want string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
		if status := r.git(t, "status", "--porcelain"); status != "" {
			t.Errorf("%s leaves changes:\n%s", what, status)
		}
	}
	address, build, signer := newRegistry(t), push(t, make(map[string]int)), newSigstore(t)
	// promoted: the tag's commit is built, and its version is one more name of that image.
	promoted := func(service, version string) {
		t.Helper()
		made := signer.release(t, r, address, "", build)
		if err := r.promote(t.Context(), address, home, service+"/"+version, 0); err != nil {
			t.Fatal(err)
		}
		in, err := newImages(address, service)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := in.digest(t.Context(), version); err != nil || got == "" || !strings.HasSuffix(made.Images[service], "@"+got) {
			t.Errorf("%s %s is %q (%v), want %s", service, version, got, err, made.Images[service])
		}
	}
	released := func(module, version string) {
		t.Helper()
		if err := r.prepare(t.Context(), module, version, day); err != nil {
			t.Fatal(err)
		}
		tag := module + "/v" + version
		refused(tag+" before main has it", "on origin/main has no section", r.tag(t.Context(), tag))
		r.git(t, "update-ref", "refs/remotes/origin/main", "HEAD")
		if err := r.tag(t.Context(), tag); err != nil {
			t.Fatal(err)
		}
		if err := r.check(t.Context(), tag); err != nil {
			t.Error(err)
		}
		if got := r.git(t, "log", "-1", "--format=%s", tag); got != module+": release "+version {
			t.Errorf("%s is the commit %q", tag, got)
		}
		if got := r.git(t, "show", tag+":"+module+"/CHANGELOG.md"); !strings.Contains(got, "\n## ["+version+"] - 2026-12-01\n") {
			t.Errorf("%s has no section %s:\n%.500s", tag, version, got)
		}
		if slices.Contains(services, module) {
			promoted(module, "v"+version)
		}
	}

	// A service before shared.
	refused("api before shared", "requires shared, which has no release", r.prepare(t.Context(), "api", "0.1.0", day))
	released("shared", "0.1.0")
	refused("shared again", "goes forward", r.prepare(t.Context(), "shared", "0.1.0", day))
	refused("nothing new", "nothing to release", r.prepare(t.Context(), "shared", "0.2.0", day))
	refused("no version", "is no version", r.prepare(t.Context(), "shared", "0.2", day))
	released("api", "0.1.0")
	released("worker", "0.1.0")
	if _, err := r.output(t.Context(), "cmp", "api/openapi.json", "api/openapi.released.json"); err != nil {
		t.Errorf("the API's document is not the released one: %v", err)
	}
	var notes bytes.Buffer
	if err := (&repository{dir: r.dir, out: &notes}).notes("worker/v0.1.0"); err != nil || !strings.Contains(notes.String(), "### Added") {
		t.Errorf("notes: %v\n%.300s", err, notes.String())
	}

	out := t.TempDir()
	if err := r.binaries(t.Context(), "worker/v0.1.0", out, []string{runtime.GOOS + "/" + runtime.GOARCH}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(out, "fualab-worker-v0.1.0-"+runtime.GOOS+"-"+runtime.GOARCH)
	if got, err := r.output(t.Context(), name, "version"); err != nil || !strings.Contains(got, "v0.1.0") {
		t.Errorf("the binary's version: %q, %v", got, err)
	}
	program, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
	if want := fmt.Sprintf("%x  %s\n", sha256.Sum256(program), filepath.Base(name)); err != nil || string(sums) != want {
		t.Errorf("SHA256SUMS: %v\n%s\nwant\n%s", err, sums, want)
	}

	// The worker uses a function that no released shared has.
	if err := os.WriteFile(r.path("shared/version/new.go"), []byte("package version\n\n// New is new.\nconst New = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.git(t, "add", "shared/version/new.go")
	r.edit(t, "worker/cmd/fualab-worker/main.go", "func main() {", "var _ = version.New\n\nfunc main() {")
	if text, err := os.ReadFile(r.path("worker/cmd/fualab-worker/main.go")); err != nil || !strings.Contains(string(text), `"github.com/fualab/fualab/shared/version"`) {
		r.edit(t, "worker/cmd/fualab-worker/main.go", "import (\n", "import (\n\t\"github.com/fualab/fualab/shared/version\"\n")
	}
	for _, module := range []string{"shared", "worker"} {
		r.edit(t, module+"/CHANGELOG.md", unreleased+"\n", unreleased+"\n\n- New.\n")
	}
	r.commit(t, "shared, worker: something new")
	refused("a worker whose shared is not released", "does not build with shared/v0.1.0", r.prepare(t.Context(), "worker", "0.2.0", day))
	released("shared", "0.2.0")
	released("worker", "0.2.0")
	for _, dir := range []string{"worker", "ops"} {
		if got, err := r.required(dir); err != nil || got != "v0.2.0" {
			t.Errorf("%s requires shared %s, %v", dir, got, err)
		}
	}
	// The other modules still build beside it.
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "./release")
	cmd.Dir, cmd.Env = r.path("ops"), append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("ops: %v\n%s", err, out)
	}
}
