package main

import (
	"errors"
	"strings"
	"testing"
)

// later are the commits of the platform after a product began.
var later = []files{
	{"README.md": strings.Replace(seedling["README.md"], "seven", "seven of SEEDling", 1), "ops/settings.md": "| `SEEDLING_A` | `9` | api | a |\n| `SEEDLING_C` | `3` | api | c |\n"},
	{"api/migrations/platform/0002_b.sql": "SELECT 2;\n", "style.txt": seedling["style.txt"] + "and grows\n"},
	{"CHANGELOG.md": seedling["CHANGELOG.md"] + "\n## v0.2.0\n\nClones of SEEDling set B.\n", "api/cmd/seedling-api/more.go": "package main\n\n// seedling-api\n"},
}

func TestUpdateMergesWithNamesOfProduct(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := w.product()
	w.git(dir, "mv", "style.txt", "design.txt")
	w.commit(dir, files{"README.md": strings.Replace(w.read(dir, "README.md"), "one", "one of ours", 1), "ours.txt": "ours\n"})
	home := w.git(dir, "rev-parse", "HEAD")
	var target string
	for _, change := range later {
		target = w.commit(w.platform, change)
	}

	plan := w.life(dir, "update", "-dry-run")
	has(t, plan, "Acme Shop from ", "Nothing is changed.", "New migrations:\n  api/migrations/platform/0002_b.sql")
	if strings.Contains(plan, "Conflicts") || w.git(dir, "rev-parse", "HEAD") != home {
		t.Errorf("the plan has conflicts, or changed something:\n%s", plan)
	}

	out := w.life(dir, "update")
	has(t, out, "New migrations:\n  api/migrations/platform/0002_b.sql", "New settings:\n  ACME_SHOP_C (`3`)",
		"Changed defaults:\n  ACME_SHOP_A: `1` before, `9` now", "Settings that are gone:\n  ACME_SHOP_B", "Clones of SEEDling set B.", "git merge platform-")
	has(t, w.read(dir, "README.md"), "one of ours", "seven of Acme Shop")
	has(t, w.read(dir, "design.txt"), "for acme-shop", "and grows")
	has(t, w.read(dir, "api/cmd/acme-shop-api/more.go"), "// acme-shop-api")
	has(t, w.read(dir, declarationFile), target)
	has(t, w.read(dir, "ours.txt"), "ours")
	if got := w.git(dir, "status", "--porcelain"); got != "" {
		t.Errorf("the update left %s", got)
	}

	// Again, from the branch: nothing changes.
	head := w.git(dir, "rev-parse", "HEAD")
	has(t, w.life(dir, "update"), "has "+target[:12]+" of the platform already")
	if got := w.git(dir, "rev-parse", "HEAD"); got != head {
		t.Errorf("a second run moved HEAD from %s to %s", head, got)
	}
}

func TestUpdateFollowsUpdate(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"--no-ff", "--squash"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			dir := w.product()
			for i, change := range later {
				w.commit(dir, files{"ours.txt": strings.Repeat("ours\n", i+1)})
				target := w.commit(w.platform, change)
				w.life(dir, "update")
				w.git(dir, "switch", "--quiet", "main")
				w.git(dir, "merge", "--quiet", how, "platform-"+target[:12])
				if how == "--squash" {
					w.git(dir, "commit", "--quiet", "--message", "update")
				}
			}
			has(t, w.read(dir, "README.md"), "seven of Acme Shop")
			has(t, w.read(dir, "CHANGELOG.md"), "v0.2.0")
		})
	}
}

func TestUpdateIsTheSameTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.product()
	w.commit(one, files{"ours.txt": "ours\n"})
	other := t.TempDir()
	w.git(t.TempDir(), "clone", "--quiet", one, other)
	for _, change := range later {
		w.commit(w.platform, change)
	}
	w.life(one, "update", "-from", w.platform)
	w.life(other, "update", "-from", w.platform)
	for _, of := range []string{"HEAD^{tree}", "HEAD^2"} {
		if a, b := w.git(one, "rev-parse", of), w.git(other, "rev-parse", of); a != b {
			t.Errorf("%s is %s and %s", of, a, b)
		}
	}
}

// conflicting returns a product of which an update has a conflict, and one in a generated file.
func conflicting(w *world) string {
	dir := w.product()
	w.commit(dir, files{"README.md": strings.Replace(w.read(dir, "README.md"), "seven", "eight", 1), "source.txt": "ours\n", "written.txt": "ours\n"})
	w.commit(w.platform, later[0])
	w.commit(w.platform, files{"written.txt": "theirs of seedling\n"})
	return dir
}

func TestConflictStopsUpdateUntilItIsResolved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := conflicting(w)
	has(t, w.life(dir, "update", "-dry-run"), "Conflicts:\n  README.md")
	out, err := w.try(dir, "update")
	if !errors.Is(err, errStopped) {
		t.Fatalf("the update ended with %v", err)
	}
	has(t, out, "Both sides changed these files:\n  README.md")
	// The stages are those of git: base, ours, theirs, all different.
	stages := strings.Split(w.git(dir, "ls-files", "--unmerged"), "\n")
	blobs := map[string]bool{}
	for _, stage := range stages {
		blobs[strings.Fields(stage)[1]] = true
	}
	if len(stages) != 3 || len(blobs) != 3 {
		t.Errorf("the stages are %q", stages)
	}
	has(t, w.git(dir, "show", ":1:README.md"), "# Acme Shop", "\nseven\n")
	if _, err := w.try(dir, "update"); !errors.Is(err, errStopped) {
		t.Errorf("an unresolved update went on: %v", err)
	}
	w.write(dir, files{"README.md": "# Acme Shop\n\neight of Acme Shop\n"})
	w.git(dir, "add", "README.md")
	out = w.life(dir, "update")
	has(t, out, "Conflicts:\n  README.md", "Generated files, written anew:\n  written.txt")
	if got := w.read(dir, "written.txt"); got != "ours\n" {
		t.Errorf("the generated file is %q", got)
	}
	if got := w.git(dir, "status", "--porcelain"); got != "" {
		t.Errorf("the update left %s", got)
	}
}

func TestAbortRestoresStateBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := conflicting(w)
	before := w.git(dir, "rev-parse", "HEAD")
	if _, err := w.try(dir, "update"); !errors.Is(err, errStopped) {
		t.Fatal(err)
	}
	w.write(dir, files{"half.txt": "half\n"})
	has(t, w.life(dir, "update", "-abort"), "main is as it was")
	if got := w.git(dir, "rev-parse", "HEAD"); got != before || w.git(dir, "status", "--porcelain") != "" ||
		w.git(dir, "branch", "--list") != "* main" {
		t.Errorf("after -abort HEAD is %s (%s before), the branches are %s", got, before, w.git(dir, "branch", "--list"))
	}
	_, err := w.try(dir, "update", "-abort")
	failed(t, err, "no update is unfinished")
}

func TestKilledUpdateGoesOn(t *testing.T) {
	t.Parallel()
	for name, halt := range map[string]func(*testing.T, *repository, *state){
		"before the branch": func(*testing.T, *repository, *state) {},
		"before the merge": func(t *testing.T, r *repository, s *state) {
			t.Helper()
			if err := r.branch(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		},
		"within the merge": func(t *testing.T, r *repository, s *state) {
			t.Helper()
			s.Merging = true
			if err := errors.Join(r.branch(t.Context(), s), r.save(t.Context(), s), r.run(t.Context(), []string{"cp", "LICENSE", "README.md"})); err != nil {
				t.Fatal(err)
			}
		},
		"after the commit": func(t *testing.T, r *repository, s *state) {
			t.Helper()
			if err := errors.Join(r.resume(t.Context(), s, true), r.save(t.Context(), s)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			dir := w.product()
			for _, change := range later {
				w.commit(w.platform, change)
			}
			r, err := open(t.Context(), dir, t.Output())
			if err != nil {
				t.Fatal(err)
			}
			d, err := r.declaration()
			if err != nil {
				t.Fatal(err)
			}
			s, err := r.prepare(t.Context(), d, "", "")
			if err != nil {
				t.Fatal(err)
			}
			if err := r.save(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			halt(t, r, s)
			w.life(dir, "update")
			has(t, w.read(dir, "README.md"), "seven of Acme Shop")
			if got := w.git(dir, "status", "--porcelain"); got != "" {
				t.Errorf("the update left %s", got)
			}
			if got := w.git(dir, "rev-list", "--count", "--first-parent", "main..HEAD"); got != "2" {
				t.Errorf("the branch has %s commits, want 2", got)
			}
		})
	}
}

func TestFailedCheckStopsUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := w.product()
	w.commit(w.platform, files{"broken.txt": "broken\n"})
	_, err := w.try(dir, "update")
	if !errors.Is(err, errStopped) {
		t.Fatalf("a failed check ended the update with %v", err)
	}
	w.git(dir, "rm", "--quiet", "--force", "broken.txt")
	w.life(dir, "update")
}

func TestUpdateRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.git(w.platform, "rev-parse", "HEAD")
	w.commit(w.platform, later[0])
	_, err := w.try(w.clone(), "update")
	failed(t, err, "this is the platform itself")
	dir := w.product()
	_, err = w.try(dir, "update", "-to", "v9.9.9")
	failed(t, err, `has no tag, branch or commit "v9.9.9"`)
	_, err = w.try(dir, "update", "-to", first)
	failed(t, err, "is no later version of")
	w.commit(w.platform, later[1])
	w.write(dir, files{"README.md": "mine\n"})
	_, err = w.try(dir, "update")
	failed(t, err, "commit them, or remove them")
	if got := w.git(dir, "branch", "--list"); got != "* main" {
		t.Errorf("a refused update left the branches %s", got)
	}
}
