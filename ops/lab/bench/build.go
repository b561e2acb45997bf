package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// buildTimeout is enough for a cold cache on a busy machine.
const buildTimeout = 15 * time.Minute

// buildService builds the program of a service as its Dockerfile does, and
// returns the path of the binary, which is in dir.
func buildService(ctx context.Context, service, dir string) (string, error) {
	root, err := repository()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "fualab-"+service)
	return binary, goTool(ctx, filepath.Join(root, service), nil,
		"build", "-trimpath", "-tags", "nojobsui,nopgxregisterdefaulttypes", "-buildvcs=false", "-ldflags", "-s -w -buildid=", "-o", binary, "./cmd/fualab-"+service)
}

// buildModule builds the program in a package of another project, and keeps the
// binary for later runs.
func buildModule(ctx context.Context, pkg, version string) (string, error) {
	binary, err := moduleBinary(pkg, version)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	dir := filepath.Dir(binary)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	return binary, goTool(ctx, dir, []string{"GOBIN=" + dir}, "install", "-trimpath", "-ldflags", "-s -w", pkg+"@"+version)
}

// moduleBinary returns the path at which buildModule keeps a program.
func moduleBinary(pkg, version string) (string, error) {
	cache, err := os.UserCacheDir()
	dir := strings.ReplaceAll(pkg, "/", "-") + "-" + version + "-" + runtime.Version()
	return filepath.Join(cache, "fualab-bench", dir, filepath.Base(pkg)), err
}

func goTool(ctx context.Context, dir string, environ []string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // constants and paths of this program's own
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off"), environ...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s in %s: %w\n%s", args[0], dir, err, out)
	}
	return nil
}

// repository returns the repository's root, above the working directory.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("no directory above has a go.work: run this in the repository")
}
