package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A repository is a work tree of git.
type repository struct {
	dir string
	out io.Writer
}

func open(ctx context.Context, dir string, out io.Writer) (*repository, error) {
	r := &repository{dir, out}
	top, err := r.git(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, fmt.Errorf("%w; run this in a clone that git made", err)
	}
	r.dir = top
	return r, nil
}

func (r *repository) say(format string, args ...any) {
	fmt.Fprintf(r.out, format+"\n", args...) //nolint:errcheck // a terminal that is gone stops nothing
}

func (r *repository) path(file string) string { return filepath.Join(r.dir, filepath.FromSlash(file)) }

// git returns the output of a command of git, without the space around it.
func (r *repository) git(ctx context.Context, args ...string) (string, error) {
	out, err := r.pipe(ctx, nil, args...)
	return strings.TrimSpace(string(out)), err
}

// pipe gives a command of git its input, and returns its output.
func (r *repository) pipe(ctx context.Context, in io.Reader, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", args...) //nolint:gosec // no shell reads the arguments
	cmd.Dir, cmd.Stdin = r.dir, in
	// Messages that this program reads are in English, and no editor opens.
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GIT_EDITOR=true")
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		said := strings.TrimSpace(string(exit.Stderr) + string(bytes.TrimSpace(out)))
		return out, fmt.Errorf("git %s: %w: %s", args[0], err, said)
	}
	return out, err
}

// run runs a program in the repository and shows its output.
func (r *repository) run(ctx context.Context, command []string) error {
	r.say("$ %s", strings.Join(command, " "))
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // of the repository's own declaration
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.dir, r.out, r.out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(command, " "), err)
	}
	return nil
}

// clean returns an error unless the work tree is as the last commit has it.
func (r *repository) clean(ctx context.Context) error {
	changed, err := r.git(ctx, "status", "--porcelain")
	if err != nil {
		return err
	}
	if changed != "" {
		first, _, _ := strings.Cut(changed, "\n")
		return fmt.Errorf("the work tree has changes that no commit has, such as %q: commit them, or remove them", strings.TrimSpace(first))
	}
	return nil
}

// files returns the tracked files.
func (r *repository) files(ctx context.Context) ([]string, error) {
	out, err := r.pipe(ctx, nil, "ls-files", "-z")
	if err != nil {
		return nil, err
	}
	return split(out), nil
}

// split splits the output of a command with -z.
func split(out []byte) []string {
	text := strings.TrimSuffix(string(out), "\x00")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\x00")
}

// declaration returns the one of the work tree.
func (r *repository) declaration() (declaration, error) {
	text, err := os.ReadFile(r.path(declarationFile))
	if err != nil {
		return declaration{}, fmt.Errorf("%w; the file declares the names, so take it from the last commit", err)
	}
	return parseDeclaration(text)
}

// declarationAt returns the one of a commit.
func (r *repository) declarationAt(ctx context.Context, commit string) (declaration, error) {
	text, err := r.pipe(ctx, nil, "show", commit+":"+declarationFile)
	if err != nil {
		return declaration{}, fmt.Errorf("%w; choose a commit of the platform that has %s", err, declarationFile)
	}
	return parseDeclaration(text)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
