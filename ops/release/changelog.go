package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

const unreleased = "## [Unreleased]"

// section returns the changelog's text for a version, without its heading, and
// whether the heading has a date.
func section(changelog, version string) (text string, dated bool, err error) {
	_, rest, found := strings.Cut(changelog, "\n## ["+strings.TrimPrefix(version, "v")+"]")
	if !found {
		return "", false, fmt.Errorf("the changelog has no section [%s]", strings.TrimPrefix(version, "v"))
	}
	heading, rest, _ := strings.Cut(rest, "\n")
	text, _, _ = strings.Cut(rest, "\n## [")
	text = strings.TrimSpace(text)
	if text == "" {
		return "", false, fmt.Errorf("the changelog says nothing of [%s]", strings.TrimPrefix(version, "v"))
	}
	_, err = time.Parse(" - "+time.DateOnly, heading)
	return text, err == nil, nil
}

// release dates the section of a version. The section is the unreleased changes
// unless it was written beforehand.
func release(changelog, version string, at time.Time) (string, error) {
	before, rest, found := strings.Cut(changelog, unreleased+"\n")
	if !found {
		return "", fmt.Errorf("the changelog has no line %q", unreleased)
	}
	open, _, _ := strings.Cut("\n"+rest, "\n## [")
	heading := "## [" + strings.TrimPrefix(version, "v") + "]"
	if strings.Contains(rest, heading+"\n") {
		if strings.TrimSpace(open) != "" {
			return "", fmt.Errorf("the changelog has changes both under %q and under %q: move them into the section", unreleased, heading)
		}
		return before + unreleased + "\n" + strings.Replace(rest, heading+"\n", heading+at.Format(" - "+time.DateOnly)+"\n", 1), nil
	}
	if strings.Contains(rest, heading) {
		return "", fmt.Errorf("the changelog has a dated section %q", heading)
	}
	if strings.TrimSpace(open) == "" {
		return "", fmt.Errorf("the changelog has nothing under %q: there is nothing to release", unreleased)
	}
	return before + unreleased + "\n\n" + heading + at.Format(" - "+time.DateOnly) + "\n" + rest, nil
}

// notes prints the changelog's text for a tag.
func (r *repository) notes(tag string) error {
	module, version, err := parseTag(tag)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(r.path(module, "CHANGELOG.md"))
	if err != nil {
		return err
	}
	said, _, err := section(string(text), version)
	if err != nil {
		return fmt.Errorf("%s: %w", module, err)
	}
	r.say("%s", said)
	return nil
}
