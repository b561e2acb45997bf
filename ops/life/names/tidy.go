package names

import (
	"bytes"
	"go/format"
	"path"
	"slices"
	"strings"
)

// tidy gives a renamed file the form of Go's tools: names of another length change alignments, and names with another
// first letter change the order of imports and requirements.
func tidy(name string, content []byte) []byte {
	switch {
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
