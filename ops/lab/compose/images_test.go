//go:build integration

package compose

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	testVersion = "v1.2.3"
	testCommit  = "0123456789abcdef0123456789abcdef01234567"
	testTime    = "2026-01-02T03:04:05Z"
)

var builds sync.Map // of *sync.Once, by service

// image builds a service's image once per test binary, and returns its name. The
// image and its layers stay, and the next build reuses them.
func image(t *testing.T, service string) string {
	t.Helper()
	needDocker(t)
	name := "fualab/" + service + ":test"
	once, _ := builds.LoadOrStore(service, new(sync.Once))
	once.(*sync.Once).Do(func() { buildImage(t, root, service, "--tag", name) }) //nolint:forcetypeassert // nothing else is stored
	return name
}

// buildImage builds from the repository at dir.
func buildImage(t *testing.T, dir, service string, args ...string) string {
	t.Helper()
	args = append([]string{
		"build", "--quiet", "--file", filepath.Join(dir, service, "Dockerfile"),
		"--build-arg", "VERSION=" + testVersion, "--build-arg", "COMMIT=" + testCommit, "--build-arg", "COMMIT_TIME=" + testTime,
	}, args...)
	return docker(t, append(args, dir)...)
}

// description is the part of an image that the tests look at.
type description struct {
	ID     string `json:"Id"`
	Size   int64
	Config struct {
		User        string
		Entrypoint  []string
		Labels      map[string]string
		Healthcheck *struct{ Test []string }
	}
}

// TestServiceImages: small, with the program alone in it, for an unprivileged
// user.
func TestServiceImages(t *testing.T) {
	t.Parallel()
	for _, service := range []string{"api", "worker"} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			name, program := image(t, service), "fualab-"+service
			got := inspect[description](t, name)
			t.Logf("%s: %.1f MB", service, float64(got.Size)/1e6)
			if got.Size > 30e6 {
				t.Errorf("the image has %d bytes, want at most 30 MB", got.Size)
			}
			if got.Config.User != "65532:65532" || !slices.Equal(got.Config.Entrypoint, []string{program}) ||
				got.Config.Healthcheck == nil || !slices.Equal(got.Config.Healthcheck.Test, []string{"CMD", program, "healthcheck"}) {
				t.Errorf("configuration %+v", got.Config)
			}
			for label, want := range map[string]string{"version": testVersion, "revision": testCommit, "created": testTime} {
				if is := got.Config.Labels["org.opencontainers.image."+label]; is != want {
					t.Errorf("label %s is %q, want %q", label, is, want)
				}
			}
			if diff := cmp.Diff([]string{"usr/local/bin/" + program}, executables(t, name)); diff != "" {
				t.Errorf("the executable files (-want +got):\n%s", diff)
			}
			version := docker(t, "run", "--rm", "--read-only", "--network", "none", name, "--version")
			for _, part := range []string{program + " " + testVersion, testCommit, testTime} {
				if !strings.Contains(version, part) {
					t.Errorf("--version says %q, without %q", version, part)
				}
			}
		})
	}
}

// executables lists the files of an image that have an executable bit.
func executables(t *testing.T, name string) []string {
	t.Helper()
	id := docker(t, "create", name)
	t.Cleanup(func() { docker(t, "rm", "--force", id) })
	cmd := exec.CommandContext(t.Context(), "docker", "export", id)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var found []string
	for r := tar.NewReader(out); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		// Docker itself puts an empty .dockerenv and its like into a container.
		if h.Typeflag == tar.TypeReg && h.Mode&0o111 != 0 && h.Size > 0 {
			found = append(found, h.Name)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return found
}

// TestFrontendImage adds little to Caddy's own image, and runs as another user.
func TestFrontendImage(t *testing.T) {
	t.Parallel()
	got, base := inspect[description](t, image(t, "frontend")), inspect[description](t, "caddy:2-alpine")
	t.Logf("frontend: %.2f MB over its base of %.1f MB", float64(got.Size-base.Size)/1e6, float64(base.Size)/1e6)
	if own := got.Size - base.Size; own > 2e6 {
		t.Errorf("the own layers have %d bytes, want at most 2 MB", own)
	}
	if got.Config.User != "65532:65532" || got.Config.Healthcheck == nil {
		t.Errorf("configuration %+v", got.Config)
	}
}

// TestReproducible: the same commit builds the same binary, byte for byte, in
// another directory and with only the compile cache of the first build. One more
// file, which no binary contains, makes Docker build again. Docker's --no-cache
// would also empty the caches of the Dockerfile, and compile for minutes.
func TestReproducible(t *testing.T) {
	t.Parallel()
	needDocker(t)
	again := copyOf(t)
	if err := os.WriteFile(filepath.Join(again, "api", "again.txt"), []byte(t.Name()+time.Now().String()), 0o600); err != nil {
		t.Fatal(err)
	}
	binary := func(dir string) []byte {
		out := t.TempDir()
		buildImage(t, dir, "api", "--target", "binary", "--output", "type=local,dest="+out)
		got, err := os.ReadFile(filepath.Join(out, "fualab-api"))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if first, second := binary(root), binary(again); !slices.Equal(first, second) {
		t.Errorf("two builds differ: %d and %d bytes", len(first), len(second))
	}
}
