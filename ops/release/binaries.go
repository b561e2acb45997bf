package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// everywhere is where the programs are known to build.
var everywhere = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64"}

// binaries builds a service's program for each platform (GOOS/GOARCH), named after both, and
// SHA256SUMS beside them. Of one commit they are the same wherever they are
// built. A library has none.
func (r *repository) binaries(ctx context.Context, tag, out string, platforms []string) error {
	module, version, err := parseTag(tag)
	if err != nil {
		return err
	}
	if !slices.Contains(services, module) {
		r.say("%s is a library: it has no binaries", module)
		return nil
	}
	commit, at, err := r.head(ctx)
	if err != nil {
		return err
	}
	// The build runs in another directory.
	if out, err = filepath.Abs(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o750); err != nil {
		return err
	}
	const stamp = " -X " + modulePrefix + "shared/version."
	ldflags := "-s -w -buildid=" + stamp + "Version=" + version + stamp + "Commit=" + commit + stamp + "CommitTime=" + at.Format(time.RFC3339)
	var sums strings.Builder
	for _, platform := range platforms {
		goos, goarch, _ := strings.Cut(platform, "/")
		name := fmt.Sprintf("fualab-%s-%s-%s-%s", module, version, goos, goarch)
		file := filepath.Join(out, name)
		if err := r.do(ctx, []string{"GOWORK=off", "CGO_ENABLED=0", "GOOS=" + goos, "GOARCH=" + goarch},
			"go", "-C", module, "build", "-trimpath", "-buildvcs=false", "-tags", "nojobsui", "-ldflags", ldflags, "-o", file, "./cmd/fualab-"+module); err != nil {
			return err
		}
		text, err := os.ReadFile(file) //nolint:gosec // built just now
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(text), name)
		r.say("%s, %d MB", name, len(text)>>20)
	}
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(sums.String()), 0o644) //nolint:gosec // published
}
