//go:build integration

package compose

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const root = "../../../"

// copyOf copies the files that git tracks to a directory.
func copyOf(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", `git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from - | tar -x -C "$1"`, "sh", dir)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("copy the repository: %v\n%s", err, out)
	}
	return dir
}

// TestContext: a build gets only the files that it needs, and no secrets.
func TestContext(t *testing.T) {
	t.Parallel()
	needDocker(t)
	dir, out := t.TempDir(), t.TempDir()
	ignore, err := os.ReadFile(root + ".dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		".dockerignore": string(ignore),
		"Dockerfile":    "FROM scratch\nCOPY . /\n",
	}
	want := []string{"api/Dockerfile", "api/go.mod", "api/internal/a.go", "api/migrations/product/postgres/0001.sql", "frontend/.npmrc", "frontend/package.json", "frontend/src/a.ts", "shared/a.go", "worker/a.go"}
	kept := []string{
		".env", ".env.example", ".git/config", ".github/x.yml", ".data/fualab.db", ".ci/run", "README.md", "bin/fualab-api", "infra/terraform.tfstate", "ops/a.go",
		"api/.env", "api/README.md", "api/internal/a_test.go", "api/internal/testdata/x", "api/fualab.db", "worker/bin/x", "worker/x.log", "shared/.git/config",
		"frontend/.env", "frontend/node_modules/x/index.js", "frontend/dist/index.html", "frontend/e2e/a.spec.ts", "frontend/.git/config",
	}
	for _, name := range append(want, kept...) {
		files[name] = "x"
	}
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	docker(t, "build", "--quiet", "--file", filepath.Join(dir, "Dockerfile"), "--output", "type=local,dest="+out, dir)
	var got []string
	err = filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			got = append(got, strings.TrimPrefix(path, out+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the context (-want +got):\n%s", diff)
	}
}

// TestRebuild: a change of one service's code does not rebuild another.
func TestRebuild(t *testing.T) {
	t.Parallel()
	needDocker(t)
	dir := copyOf(t)
	before := buildImage(t, dir, "worker")
	buildImage(t, dir, "api")
	f, err := os.OpenFile(filepath.Join(dir, "api/cmd/fualab-api/main.go"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("\nvar _ = 1\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	buildImage(t, dir, "api")
	t.Logf("the API's image again after %s", time.Since(begin).Round(100*time.Millisecond))
	if after := buildImage(t, dir, "worker"); after != before {
		t.Errorf("the worker's image was built again: %s, was %s", after, before)
	}
}
