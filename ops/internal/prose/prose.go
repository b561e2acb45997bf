// Package prose measures the English of the repository: comments and documents.
// Its test holds every kind of file to the limit that CONTRIBUTING.md states.
package prose

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Limit is the highest rate of hard turns for each kind of file, in turns for
// 1,000 words. Go's own packages have less than one.
const Limit = 3

// turns finds clauses without a noun, such as "what is due" instead of "the due
// schedules". They make a sentence hard to read in a second language.
var turns = regexp.MustCompile(`(?i)\b(?:who|whoever|whose|what|(?:no|some|every|any)body)\b`)

var (
	word       = regexp.MustCompile(`[A-Za-z']+`)
	fence      = regexp.MustCompile("(?s)```.*?```")
	goComment  = regexp.MustCompile(`(?m)^\s*(?://|\*)\s?(.*)$`)
	hashMark   = regexp.MustCompile(`(?m)^\s*#\s?(.*)$`)
	notWritten = []string{"node_modules", "testdata", "dist", "bin", ".git", ".data"}
)

// A Kind is a group of files that are counted together.
type Kind string

// The kinds of files.
const (
	Go         Kind = "Go"
	GoTests    Kind = "Go tests"
	TypeScript Kind = "TypeScript"
	Markdown   Kind = "Markdown"
	Scripts    Kind = "Terraform, YAML, shell"
)

// KindOf returns the kind of the file with this name, or "" for a file without
// prose. Generated files count as files without prose.
func KindOf(name string) Kind {
	switch ext := filepath.Ext(name); {
	case strings.HasSuffix(name, "_test.go"):
		return GoTests
	case ext == ".go":
		return Go
	case strings.HasSuffix(name, ".d.ts"):
		return ""
	case ext == ".ts", ext == ".tsx":
		return TypeScript
	case ext == ".md":
		return Markdown
	case slices.Contains([]string{".tf", ".yml", ".yaml", ".sh"}, ext):
		return Scripts
	}
	return ""
}

// Text returns the prose of a file of this kind: its comments, or a document
// without its blocks of code.
func Text(kind Kind, content string) string {
	switch kind {
	case Markdown:
		return fence.ReplaceAllString(content, "")
	case Scripts:
		return join(hashMark.FindAllStringSubmatch(content, -1))
	}
	return join(goComment.FindAllStringSubmatch(content, -1))
}

func join(lines [][]string) string {
	var s strings.Builder
	for _, line := range lines {
		s.WriteString(line[1] + " ")
	}
	return s.String()
}

// Count is the number of words, and of hard turns among them.
type Count struct{ Words, Turns int }

// Of counts text.
func Of(text string) Count {
	return Count{len(word.FindAllString(text, -1)), len(turns.FindAllString(text, -1))}
}

// Rate is the number of turns for 1,000 words.
func (c Count) Rate() float64 { return 1000 * float64(c.Turns) / float64(max(c.Words, 1)) }

// File is a file with its count.
type File struct {
	Name string
	Kind Kind
	Count
}

// Files counts all files with prose below root.
func Files(root string) ([]File, error) {
	var all []File
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(notWritten, entry.Name()):
			return filepath.SkipDir
		case !entry.Type().IsRegular() || KindOf(path) == "":
			return nil
		}
		content, err := os.ReadFile(path) //nolint:gosec // a file of the repository
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		kind := KindOf(path)
		all = append(all, File{name, kind, Of(Text(kind, string(content)))})
		return err
	})
	return all, err
}
