package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// errUnusable is the error of a batch whose tests cannot be built, or do not
// pass while no mutant is active.
var errUnusable = errors.New("the tests cannot be used with the mutants")

// try tries mutants in their order, until the count is reached.
func (l *lab) try(ctx context.Context, t target, s *source, mutants []mutant, result *score) error {
	for result.tried < l.count && len(mutants) > 0 {
		var chosen []mutant
		for len(chosen) < l.count-result.tried && len(mutants) > 0 {
			if s.compiles(mutants[0]) {
				chosen = append(chosen, mutants[0])
			}
			mutants = mutants[1:]
		}
		for _, b := range batches(s, chosen) {
			if err := l.tryBatch(ctx, t, b, result); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *lab) tryBatch(ctx context.Context, t target, b *batch, result *score) (err error) {
	defer func() { err = errors.Join(err, l.discard(b)) }()
	for i, m := range b.mutants {
		start := time.Now()
		killer, err := l.kill(ctx, t, b, i+1)
		if errors.Is(err, errUnusable) && !b.fixed {
			alone := newBatch(b.source, true, m)
			killer, err = l.kill(ctx, t, alone, 1)
			err = errors.Join(err, l.discard(alone))
		}
		if errors.Is(err, errUnusable) {
			continue // the next mutant in the order takes its place
		} else if err != nil {
			return err
		}
		took := time.Since(start)
		result.add(killer != "", took)
		l.report(m, killer, b.unreached(i+1), took, result)
	}
	return nil
}

// kill returns the package whose tests fail with the n-th mutant of a batch, or
// "". It runs the tests of the mutated package, and then those of its users.
func (l *lab) kill(ctx context.Context, t target, b *batch, n int) (string, error) {
	for _, dir := range append([]string{t.dir}, t.users...) {
		if err := l.prepare(ctx, b, dir); err != nil {
			return "", err
		}
		if !b.fixed && !b.reached[dir][n] {
			continue
		}
		if err := l.tests.switches.set(n); err != nil {
			return "", err
		}
		switch passed, _, err := l.tests.exec(ctx, dir, b.binaries[dir], l.tests.limits[dir]); {
		case err != nil:
			return "", err
		case !passed:
			return dir, nil
		}
	}
	return "", nil
}

// prepare builds a package's tests with a batch, once, and runs them without an
// active mutant.
func (l *lab) prepare(ctx context.Context, b *batch, dir string) error {
	if binary, known := b.binaries[dir]; known && binary == "" {
		return errUnusable
	} else if known {
		return nil
	}
	if b.fixed {
		if err := l.clean(ctx, dir); err != nil {
			return err
		}
	}
	usable, err := l.build(ctx, b, dir)
	if err != nil {
		return err
	}
	if !usable {
		b.binaries[dir] = ""
		_, _ = fmt.Fprintf(l.progress, "%s: its tests cannot be used with %d mutants at once\n", dir, len(b.mutants))
		if err := l.clean(ctx, dir); err != nil {
			return err
		}
		return errUnusable
	}
	return nil
}

func (l *lab) build(ctx context.Context, b *batch, dir string) (usable bool, err error) {
	start := time.Now()
	scratch, err := os.MkdirTemp(l.tests.scratch, "b")
	if err != nil {
		return false, err
	}
	overlay, err := b.overlay(scratch, &l.tests.switches)
	if err != nil {
		return false, err
	}
	binary := filepath.Join(scratch, "package.test")
	usable, _, err = l.tests.build(ctx, dir, binary, "-overlay="+overlay)
	built := time.Since(start)
	if usable && err == nil && !b.fixed {
		if err := l.tests.switches.set(0); err != nil {
			return false, err
		}
		if usable, _, err = l.tests.first(ctx, dir, binary); usable && err == nil {
			b.reached[dir], err = l.tests.switches.numbers()
		}
		_, _ = fmt.Fprintf(l.progress, "%s: %d mutants, built in %.1f s, tested without an active one in %.1f s; reached: %d\n",
			dir, len(b.mutants), built.Seconds(), (time.Since(start) - built).Seconds(), len(b.reached[dir]))
	}
	if usable {
		b.binaries[dir] = binary
	}
	return usable, err
}

// discard removes the files of a batch.
func (l *lab) discard(b *batch) error {
	var err error
	for _, binary := range b.binaries {
		if binary != "" {
			err = errors.Join(err, os.RemoveAll(filepath.Dir(binary)))
		}
	}
	return err
}

func (l *lab) clean(ctx context.Context, dir string) error {
	start := time.Now()
	_, known := l.tests.limits[dir]
	err := l.tests.clean(ctx, dir)
	if err == nil && !known {
		_, _ = fmt.Fprintf(l.progress, "%s: built and tested without a mutant in %.1f s\n", dir, time.Since(start).Seconds())
	}
	return err
}
