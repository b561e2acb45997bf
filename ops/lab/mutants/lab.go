package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// lab mutates packages.
type lab struct {
	options
	root     string
	accepted []acceptance
	tests    *tests
	out      io.Writer
	progress io.Writer
}

// mutateAll mutates each package and writes the report. It returns an error
// when too few mutants of a package are killed.
func (l *lab) mutateAll(ctx context.Context) error {
	var all []score
	var failures []error
	for _, t := range l.packages {
		s, err := l.mutate(ctx, t)
		if s.tried > 0 {
			all = append(all, s)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", t.dir, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	printTable(l.out, all)
	if ctx.Err() != nil {
		return errors.Join(failures...)
	}
	for _, s := range all {
		if s.percent() < l.least {
			failures = append(failures, fmt.Errorf("%s: %d %% killed, less than %d %%", s.dir, s.percent(), l.least))
		}
	}
	return errors.Join(failures...)
}

// mutate tries mutants of a package. With an error, it returns the score of
// the mutants before it.
func (l *lab) mutate(ctx context.Context, t target) (score, error) {
	result := score{dir: t.dir}
	source, err := load(ctx, l.root, t.dir)
	if err != nil {
		return result, err
	}
	mutants, stale := withoutAccepted(source.mutants(), l.accepted, t.dir)
	if l.checkAccepted && len(stale) > 0 {
		return result, staleError(stale)
	}
	if l.count == 0 {
		return result, nil
	}
	within, cancel := ctx, context.CancelFunc(func() {})
	if l.budget > 0 {
		within, cancel = context.WithTimeout(ctx, l.budget)
	}
	defer cancel()
	err = l.try(within, t, source, order(mutants, l.seed), &result)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		_, _ = fmt.Fprintf(l.progress, "%s: the time is over after %d of %d mutants\n", t.dir, result.tried, l.count)
		err = nil
	}
	return result, err
}

func staleError(stale []acceptance) error {
	var b strings.Builder
	b.WriteString("entries of accepted.txt match no mutant any more:")
	for _, a := range stale {
		_, _ = fmt.Fprintf(&b, "\n%s/%s %s %s\n- %s", a.dir, a.file, a.function, a.operator, a.before)
	}
	return errors.New(b.String())
}
