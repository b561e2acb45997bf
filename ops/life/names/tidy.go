package names

import (
	"bytes"
	"go/format"
	"path"
	"regexp"
	"slices"
	"strings"
)

// tidy gives a renamed file the form of Go's and Terraform's tools: names of another length change alignments, and names
// with another first letter change the order of imports and requirements.
func tidy(name string, old, content []byte) []byte {
	switch {
	case strings.HasSuffix(name, ".tf"), strings.HasSuffix(name, ".hcl"), strings.HasSuffix(name, ".tfvars"):
		return align(old, content)
	case strings.HasSuffix(name, ".go"):
		if formatted, err := format.Source(content); err == nil {
			return formatted
		}
	case path.Base(name) == "go.mod":
		return sortRequirements(content)
	}
	return content
}

// sortRequirements sorts the lines within each block of a go.mod, as `go mod tidy` does. Comments on lines of their own
// end a group.
func sortRequirements(content []byte) []byte {
	lines := bytes.SplitAfter(content, []byte("\n"))
	begin := -1
	for i, line := range lines {
		text := strings.TrimSpace(string(line))
		switch {
		case strings.HasSuffix(text, "("):
			begin = i + 1
		case begin >= 0 && (text == ")" || text == "" || strings.HasPrefix(text, "//")):
			slices.SortStableFunc(lines[begin:i], func(a, b []byte) int { return bytes.Compare(bytes.TrimSpace(a), bytes.TrimSpace(b)) })
			begin = i + 1
			if text == ")" {
				begin = -1
			}
		}
	}
	return bytes.Join(lines, nil)
}

var assigned = regexp.MustCompile(`^( *)([A-Za-z0-9_."-]+)( +)= `)

// align aligns the equals signs of renamed lines wherever those of the old lines were: in successive lines with the same
// indent and the same column of the sign.
func align(old, content []byte) []byte {
	before, after := bytes.SplitAfter(old, []byte("\n")), bytes.SplitAfter(content, []byte("\n"))
	column := func(line []byte) (indent, at int) {
		parts := assigned.FindSubmatchIndex(line)
		if parts == nil {
			return -1, -1
		}
		return parts[3], parts[7]
	}
	for begin := 0; begin < len(before); {
		indent, at := column(before[begin])
		end := begin + 1
		for ; at >= 0 && end < len(before); end++ {
			if i, a := column(before[end]); i != indent || a != at {
				break
			}
		}
		if end-begin > 1 {
			spread(after[begin:end])
		}
		begin = end
	}
	return bytes.Join(after, nil)
}

// spread puts the equals signs of all lines behind the longest name.
func spread(lines [][]byte) {
	longest := 0
	for _, line := range lines {
		longest = max(longest, assigned.FindSubmatchIndex(line)[5])
	}
	for i, line := range lines {
		parts := assigned.FindSubmatchIndex(line)
		lines[i] = slices.Concat(line[:parts[5]], bytes.Repeat([]byte(" "), longest-parts[5]+1), line[parts[7]:])
	}
}
