package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// Files of the platform that tell of decisions.
const (
	changelog  = "CHANGELOG.md"
	settings   = "ops/settings.md"
	migrations = "api/migrations"
)

// decisions returns the points of an update that need a decision, as text.
func (r *repository) decisions(ctx context.Context, s *state) (string, error) {
	var text strings.Builder
	list := func(title string, lines []string) {
		if len(lines) > 0 {
			fmt.Fprintf(&text, "%s:\n  %s\n", title, strings.Join(lines, "\n  "))
		}
	}
	list("Conflicts", s.Conflicts)
	list("Generated files, written anew", s.Written)
	out, err := r.pipe(ctx, nil, "diff", "--name-only", "--diff-filter=A", "-z", s.RenderedBase, s.RenderedTarget, "--", migrations)
	if err != nil {
		return "", err
	}
	list("New migrations", slices.DeleteFunc(split(out), func(file string) bool { return !strings.HasSuffix(file, ".sql") }))
	before, after := r.settings(ctx, s.RenderedBase), r.settings(ctx, s.RenderedTarget)
	list("New settings", differences(before, after, func(name, _, now string, had, has bool) string {
		if !had && has {
			return name + " (" + now + ")"
		}
		return ""
	}))
	list("Changed defaults", differences(before, after, func(name, was, now string, had, has bool) string {
		if had && has && was != now {
			return name + ": " + was + " before, " + now + " now"
		}
		return ""
	}))
	list("Settings that are gone", differences(before, after, func(name, _, _ string, had, has bool) string {
		if had && !has {
			return name
		}
		return ""
	}))
	steps, err := r.steps(ctx, s)
	if err != nil {
		return "", err
	}
	list("From the platform's changelog", steps)
	if text.Len() == 0 {
		return "No point needs a decision.", nil
	}
	return strings.TrimSuffix(text.String(), "\n"), nil
}

// settings returns the defaults of the settings at a commit, by name; nil without the page.
func (r *repository) settings(ctx context.Context, commit string) map[string]string {
	page, err := r.git(ctx, "show", commit+":"+settings)
	if err != nil {
		return nil
	}
	defaults := map[string]string{}
	for line := range strings.Lines(page) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		if name := strings.TrimSpace(cells[1]); strings.HasPrefix(name, "`") {
			defaults[strings.Trim(name, "`")] = strings.TrimSpace(cells[2])
		}
	}
	return defaults
}

// differences returns the texts that tell makes of the settings, sorted by name, without empty ones.
func differences(before, after map[string]string, tell func(name, was, now string, had, has bool) string) []string {
	all := map[string]bool{}
	for name := range before {
		all[name] = true
	}
	for name := range after {
		all[name] = true
	}
	var lines []string
	for name := range all {
		was, had := before[name]
		now, has := after[name]
		if line := tell(name, was, now, had, has); line != "" {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}

// steps returns the lines that the platform's changelog has gained.
func (r *repository) steps(ctx context.Context, s *state) ([]string, error) {
	out, err := r.git(ctx, "diff", "--unified=0", s.RenderedBase, s.RenderedTarget, "--", changelog)
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(out) {
		if text, added := strings.CutPrefix(line, "+"); added && !strings.HasPrefix(text, "++ ") && strings.TrimSpace(text) != "" {
			lines = append(lines, strings.TrimRight(text, "\n"))
		}
	}
	return lines, nil
}

// preview prints the changes that the update would bring, and its conflicts.
func (r *repository) preview(ctx context.Context, product declaration, s *state) error {
	// The branch would have the product's files, and the base as an ancestor.
	ours, err := r.git(ctx, "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-p", s.RenderedBase, "-m", "preview")
	if err != nil {
		return err
	}
	out, failed := r.pipe(ctx, nil, "merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", ours, s.RenderedTarget)
	if files := split(out); failed != nil && len(files) > 1 {
		s.Conflicts = files[1:]
	} else if failed != nil {
		return failed
	}
	short, err := r.git(ctx, "diff", "--shortstat", s.RenderedBase, s.RenderedTarget)
	if err != nil {
		return err
	}
	decisions, err := r.decisions(ctx, s)
	if err != nil {
		return err
	}
	r.say("%s from %.12s to %.12s of the platform: %s\n%s\nNothing is changed.", product.Names.Product, s.Base, s.Target, cmp.Or(short, "no file changes"), decisions)
	return nil
}
