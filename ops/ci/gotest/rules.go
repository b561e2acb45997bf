package main

import (
	"fmt"
	"strings"
)

// rule declares that a test whose output contains text may be skipped.
type rule struct{ text, reason string }

// parseRules returns the rules of a suite from lines "suite | text | reason".
// A suite without rules permits no skip.
func parseRules(lines, suite string) ([]rule, error) {
	var rules []rule
	for n, line := range strings.Split(lines, "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "|")
		if len(fields) != 3 {
			return nil, fmt.Errorf("skips.txt:%d: want suite | text | reason", n+1)
		}
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		if fields[0] == suite {
			rules = append(rules, rule{fields[1], fields[2]})
		}
	}
	return rules, nil
}
