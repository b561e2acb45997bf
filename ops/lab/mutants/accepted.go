package main

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"
)

//go:embed accepted.txt
var acceptedText string

// acceptance is an entry of accepted.txt. It knows mutants by their text, so
// that it outlives changes elsewhere in the file.
type acceptance struct {
	dir, file, function, operator string

	before string
	after  string // ""; each mutant of the operator in the line
	reason string
}

// matches reports whether the entry accepts a mutant.
func (a acceptance) matches(m mutant) bool {
	return a.dir == m.dir && a.file == m.file && a.function == m.function && a.operator == m.operator &&
		a.before == m.before && (a.after == "" || a.after == m.after)
}

func parseAccepted(text string) ([]acceptance, error) {
	var all []acceptance
	var paragraph []string
	for line := range strings.Lines(text + "\n\n") {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#"):
		case line != "":
			paragraph = append(paragraph, line)
		case len(paragraph) > 0:
			a, err := parseAcceptance(paragraph)
			if err != nil {
				return nil, fmt.Errorf("accepted.txt: entry %q: %w", paragraph[0], err)
			}
			all, paragraph = append(all, a), nil
		}
	}
	return all, nil
}

func parseAcceptance(lines []string) (acceptance, error) {
	place := strings.Fields(lines[0])
	if len(place) != 3 {
		return acceptance{}, fmt.Errorf("want package/file.go, function and operator")
	}
	a := acceptance{dir: path.Dir(place[0]), file: path.Base(place[0]), function: place[1], operator: place[2]}
	if _, ok := findTarget(a.dir); !ok {
		return a, fmt.Errorf("package %q is not in the table of packages.go", a.dir)
	}
	lines = lines[1:]
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "- ") {
		return a, fmt.Errorf("want the line after \"- \"")
	}
	a.before, lines = lines[0][2:], lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "+ ") {
		a.after, lines = lines[0][2:], lines[1:]
	}
	if a.reason = strings.Join(lines, " "); a.reason == "" {
		return a, fmt.Errorf("want a reason")
	}
	return a, nil
}

// withoutAccepted returns the mutants that no entry accepts, and the entries of
// the package in dir that accept none.
func withoutAccepted(mutants []mutant, accepted []acceptance, dir string) (rest []mutant, stale []acceptance) {
	used := make([]bool, len(accepted))
	for _, m := range mutants {
		hit := false
		for i, a := range accepted {
			if a.matches(m) {
				hit, used[i] = true, true
			}
		}
		if !hit {
			rest = append(rest, m)
		}
	}
	for i, a := range accepted {
		if a.dir == dir && !used[i] {
			stale = append(stale, a)
		}
	}
	return slices.Clip(rest), stale
}
