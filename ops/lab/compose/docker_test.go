//go:build integration

package compose

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// needDocker skips a test without an engine, and fails it where CI promises one.
func needDocker(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "docker", "version", "--format", "{{.Server.Version}}").CombinedOutput()
	switch {
	case err == nil:
	case os.Getenv("FUALAB_TEST_DOCKER") == "none":
		t.Skip("FUALAB_TEST_DOCKER=none: this machine has no Docker engine")
	default:
		t.Fatalf("a Docker engine is needed, or FUALAB_TEST_DOCKER=none to do without: %v\n%s", err, out)
	}
}

// docker runs a command of the engine's client and returns its standard output.
func docker(t testing.TB, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 8*time.Minute) // a cleanup's context has ended
	defer cancel()
	cmd := exec.CommandContext(ctx, "docker", args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(stdout.String())
}

// inspect decodes the engine's description of an image or a container.
func inspect[T any](t testing.TB, name string) T {
	t.Helper()
	var all []T
	if err := json.Unmarshal([]byte(docker(t, "inspect", name)), &all); err != nil || len(all) != 1 {
		t.Fatalf("docker inspect %s: %v", name, err)
	}
	return all[0]
}
