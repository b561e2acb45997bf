package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// required returns the version of shared that the module in dir requires.
func (r *repository) required(dir string) (string, error) {
	name := r.path(dir, "go.mod")
	text, err := os.ReadFile(name) //nolint:gosec // a file of the repository
	if err != nil {
		return "", err
	}
	file, err := modfile.Parse(name, text, nil)
	if err != nil {
		return "", err
	}
	for _, require := range file.Require {
		if require.Mod.Path == modulePrefix+"shared" {
			return require.Mod.Version, nil
		}
	}
	return "", fmt.Errorf("%s does not require shared", name)
}

// compatAll is compat of one service, or of all.
func (r *repository) compatAll(ctx context.Context, only string) error {
	for _, service := range services {
		if only != "" && only != service {
			continue
		}
		if err := r.compat(ctx, service); err != nil {
			return err
		}
	}
	return nil
}

// compat builds a service, and its tests, with the shared that it requires
// instead of the one beside it, because its go.mod promises that to others.
func (r *repository) compat(ctx context.Context, service string) error {
	version, err := r.required(service)
	if err != nil {
		return err
	}
	tag := "shared/" + version
	if !r.tagged(ctx, tag) {
		r.say("compat %s: it requires %s, which is not tagged yet, so it builds with the shared beside it", service, tag)
		return r.do(ctx, []string{"GOWORK=off"}, "go", "-C", service, "vet", "./...")
	}
	r.say("compat %s with %s", service, tag)
	// Always the same directory, so that the second time is a quick one.
	dir, err := filepath.Abs(r.path("bin", "compat", service))
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	archive := filepath.Join(dir, "shared.tar")
	if _, err := r.output(ctx, "git", "archive", "--output", archive, tag, "shared"); err != nil {
		return err
	}
	if _, err := r.output(ctx, "tar", "-xf", archive, "-C", dir); err != nil {
		return err
	}
	// A go.mod beside the service's own, so that nothing of the repository changes.
	mod := filepath.Join(dir, "go.mod")
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(r.path(service, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil { //nolint:gosec // one of two names in a directory of its own
			return err
		}
	}
	if _, err := r.output(ctx, "go", "mod", "edit", "-replace="+modulePrefix+"shared="+filepath.Join(dir, "shared"), mod); err != nil {
		return err
	}
	if err := r.do(ctx, []string{"GOWORK=off"}, "go", "-C", service, "vet", "-mod=mod", "-modfile="+mod, "./..."); err != nil {
		return fmt.Errorf("%s does not build with %s, which it requires: release shared, and require that: %w", service, tag, err)
	}
	return nil
}
