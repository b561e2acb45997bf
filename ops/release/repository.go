package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// modules are released, services as images and binaries, too.
var (
	modules  = []string{"shared", "api", "worker"}
	services = []string{"api", "worker"}
	// imaged have an image: the services, and the web client. A
	// deployment takes the client's files out of its image.
	imaged = []string{"api", "worker", "frontend"}
)

const modulePrefix = "github.com/fualab/fualab/"

// repository is a work tree of FUALab.
type repository struct {
	dir string
	out io.Writer
	// unattested has no attestations of GitHub, which depend on its plan: the
	// commit that an image is built of stands in its signature alone.
	unattested bool
	// now is the clock, time.Now if it is nil.
	now func() time.Time
	// pause is the time between two looks at a scan, scanPause if it is 0.
	pause time.Duration
}

func (r *repository) say(format string, args ...any) {
	fmt.Fprintf(r.out, format+"\n", args...) //nolint:errcheck // a terminal that is gone stops no release
}

func (r *repository) path(parts ...string) string {
	return filepath.Join(slices.Concat([]string{r.dir}, parts)...)
}

// output runs a program in the repository and returns its output, without
// the space around it.
func (r *repository) output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the programs are constants, and no shell reads the arguments
	cmd.Dir = r.dir
	got, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(string(exit.Stderr)))
	}
	return strings.TrimSpace(string(got)), err
}

// do runs a program in the repository, its output in the terminal's.
func (r *repository) do(ctx context.Context, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the programs are constants, and no shell reads the arguments
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.dir, r.out, r.out
	cmd.Env = append(os.Environ(), env...)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}

// head returns the commit that is checked out, and its time in UTC.
func (r *repository) head(ctx context.Context) (commit string, at time.Time, err error) {
	text, err := r.output(ctx, "git", "show", "--no-patch", "--format=%H %ct", "HEAD")
	if err != nil {
		return "", at, err
	}
	var seconds int64
	if _, err := fmt.Sscanf(text, "%s %d", &commit, &seconds); err != nil {
		return "", at, fmt.Errorf("git tells %q of HEAD: %w", text, err)
	}
	return commit, time.Unix(seconds, 0).UTC(), nil
}

// tagged reports whether there is a tag.
func (r *repository) tagged(ctx context.Context, tag string) bool {
	_, err := r.output(ctx, "git", "rev-parse", "--verify", "--quiet", "refs/tags/"+tag)
	return err == nil
}

// newest returns the newest version of a module that has a tag, "" for none.
func (r *repository) newest(ctx context.Context, module string) (string, error) {
	tags, err := r.output(ctx, "git", "tag", "--list", module+"/v*")
	if err != nil {
		return "", err
	}
	newest := ""
	for tag := range strings.FieldsSeq(tags) {
		if version := strings.TrimPrefix(tag, module+"/"); semver.IsValid(version) && semver.Compare(version, newest) > 0 {
			newest = version
		}
	}
	return newest, nil
}

// parseTag splits api/v0.2.0 into its module and version.
func parseTag(tag string) (module, version string, err error) {
	module, version, _ = strings.Cut(tag, "/")
	if !slices.Contains(modules, module) || !canonical(version) {
		return "", "", fmt.Errorf("%q is no tag of a release, such as api/v0.2.0", tag)
	}
	return module, version, nil
}

// canonical reports whether version is vX.Y.Z, or vX.Y.Z-rc.1, without build
// metadata, which neither Go nor an image's tag would take.
func canonical(version string) bool {
	return semver.Canonical(version) == version && semver.Build(version) == "" && version != ""
}
