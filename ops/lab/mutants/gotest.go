package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// tests builds and runs the tests of packages.
type tests struct {
	root     string
	scratch  string
	switches switches
	// limits hold the time that the tests of a package have with a mutant,
	// once they passed without one.
	limits map[string]time.Duration
	least  time.Duration // of the limits
}

func newTests(root string) (*tests, error) {
	limitMemory()
	scratch, err := os.MkdirTemp("", "mut")
	return &tests{
		root: root, scratch: scratch, limits: make(map[string]time.Duration), least: time.Minute,
		switches: switches{active: filepath.Join(scratch, "active"), reached: filepath.Join(scratch, "reached")},
	}, err
}

func (t *tests) close() error { return os.RemoveAll(t.scratch) }

// cleanLimit is the time that the tests of a package have without a mutant.
const cleanLimit = 20 * time.Minute

// clean runs a package's tests on the real code, unless they have passed
// before. They must pass, because a failure would count for each mutant.
func (t *tests) clean(ctx context.Context, dir string) (err error) {
	if _, ok := t.limits[dir]; ok {
		return nil
	}
	binary := filepath.Join(t.scratch, "clean.test")
	defer func() { err = errors.Join(err, os.RemoveAll(binary)) }()
	passed, out, err := t.build(ctx, dir, binary)
	if passed && err == nil {
		passed, out, err = t.first(ctx, dir, binary)
	}
	if err != nil {
		return err
	}
	if !passed {
		return fmt.Errorf("the tests of %s fail without a mutant:\n%s", dir, out)
	}
	return nil
}

// first runs a package's tests without a mutant, and sets the limit of those
// with one.
func (t *tests) first(ctx context.Context, dir, binary string) (passed bool, out []byte, err error) {
	start := time.Now()
	passed, out, err = t.exec(ctx, dir, binary, cleanLimit)
	if passed && err == nil {
		t.limits[dir] = max(t.least, t.limits[dir], 10*time.Since(start))
	}
	return passed, out, err
}

// build compiles a package's tests, if they compile.
func (t *tests) build(ctx context.Context, dir, binary string, flags ...string) (bool, []byte, error) {
	// The result of vet does not matter here.
	args := append([]string{"test", "-c", "-vet=off", "-ldflags=-s -w", "-o", binary}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "./"+dir)...) //nolint:gosec // the directory is from the table of packages
	cmd.Dir = t.root
	return t.run(ctx, cmd)
}

// exec runs the compiled tests of a package, and reports whether they pass within
// the limit.
func (t *tests) exec(ctx context.Context, dir, binary string, limit time.Duration) (bool, []byte, error) {
	//nolint:gosec // build wrote the program
	cmd := exec.CommandContext(ctx, binary, "-test.failfast", "-test.paniconexit0", "-test.timeout="+limit.String())
	cmd.Dir = filepath.Join(t.root, filepath.FromSlash(dir))
	return t.run(ctx, cmd)
}

// run runs a command and returns its output. It leaves neither processes nor
// temporary files behind.
func (t *tests) run(ctx context.Context, cmd *exec.Cmd) (passed bool, _ []byte, err error) {
	temporary := filepath.Join(t.scratch, "t")
	if err := os.MkdirAll(temporary, 0o700); err != nil {
		return false, nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temporary)) }()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = append(os.Environ(), "TMPDIR="+temporary, "PWD="+cmd.Dir)
	cmd.WaitDelay = 10 * time.Second
	endGroup := inGroup(cmd)
	err = cmd.Run()
	endGroup()
	exit := new(exec.ExitError)
	switch {
	case ctx.Err() != nil:
		return false, nil, ctx.Err()
	case err == nil:
		return true, out.Bytes(), nil
	case errors.As(err, &exit), errors.Is(err, exec.ErrWaitDelay):
		return false, out.Bytes(), nil
	}
	return false, nil, err
}
