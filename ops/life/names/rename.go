package names

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Renamer renames paths and contents of files from one set of names to another.
type Renamer struct {
	from, to Names
	forms    *regexp.Regexp // each form of a name
}

// NewRenamer returns a Renamer. Both sets are complete.
func NewRenamer(from, to Names) *Renamer {
	forms := []string{
		from.Licence, from.Module, from.Repository, from.Variables, strings.TrimSuffix(from.Variables, "_"),
		from.Product, from.Identifier, from.Name, from.Token,
	}
	// The longest form comes first, since the first one that matches counts.
	slices.SortStableFunc(forms, func(a, b string) int { return len(b) - len(a) })
	for i, form := range forms {
		forms[i] = regexp.QuoteMeta(form)
	}
	return &Renamer{from, to, regexp.MustCompile(strings.Join(slices.Compact(forms), "|"))}
}

// Path returns the new path of a file.
func (r *Renamer) Path(name string) string { return string(r.line([]byte(name))) }

// Content returns the new content of the file with the given old path, in the form that Go's tools give it.
func (r *Renamer) Content(name string, old []byte) []byte {
	if bytes.IndexByte(old[:min(len(old), 8000)], 0) >= 0 {
		return old // not a text
	}
	var text bytes.Buffer
	for line := range bytes.Lines(old) {
		text.Write(r.line(line))
	}
	renamed := text.Bytes()
	if path.Base(name) == "favicon.svg" {
		renamed = bytes.ReplaceAll(renamed, []byte(">"+r.from.Letter+"</text>"), []byte(">"+r.to.Letter+"</text>"))
	}
	if bytes.Equal(renamed, old) {
		return old
	}
	return tidy(name, old, renamed)
}

// line renames in a line, by the neighbours of each form.
func (r *Renamer) line(line []byte) []byte {
	found := r.forms.FindAllIndex(line, -1)
	if found == nil {
		return line
	}
	var out []byte
	end := 0
	for _, at := range found {
		out = append(out, line[end:at[0]]...)
		out = append(out, r.form(line, at[0], at[1])...)
		end = at[1]
	}
	return append(out, line[end:]...)
}

// form returns the new name in place of line[begin:end].
func (r *Renamer) form(line []byte, begin, end int) string {
	before, form, after := line[:begin], string(line[begin:end]), line[end:]
	switch form {
	case r.from.Licence:
		return r.to.Licence
	case r.from.Module:
		if bytes.HasSuffix(before, []byte("://")) {
			return "github.com/" + r.to.Repository
		}
		return r.to.Module
	case r.from.Repository:
		return r.to.Repository
	case r.from.Variables:
		return r.to.Variables
	case strings.TrimSuffix(r.from.Variables, "_"):
		return strings.TrimSuffix(r.to.Variables, "_")
	case r.from.Product:
		return r.to.Product
	case r.from.Token:
		if len(before) > 0 && isWord(before[len(before)-1]) {
			return form
		}
		return r.to.Token
	}
	return r.machine(line, before, after)
}

var (
	owner = regexp.MustCompile(`\bowner"?\s*[=:]\s*"$`)
	repo  = regexp.MustCompile(`\brepo"?\s*[=:]\s*"$`)
	// Lines with SQL or with a program or a setting of Postgres.
	database = regexp.MustCompile(`(?i:postgres|psql|pg_|createdb|initdb|db_name|username|mysql)|\b(?:ROLE|GRANT|REVOKE|OWNER)\b|(?:^|[\s,\["'])-[Ud]\b|user \\?"|the schema is `)
)

// machine returns the new name in place of one for machines, which has several roles.
func (r *Renamer) machine(line, before, after []byte) string {
	ownerName, repoName, _ := strings.Cut(r.to.Repository, "/")
	switch {
	case bytes.HasPrefix(after, []byte("_")), bytes.HasSuffix(before, []byte("_")):
		return r.to.Identifier
	case owner.Match(before):
		return ownerName
	case repo.Match(before):
		return repoName
	case bytes.HasPrefix(after, []byte("@")) && bytes.Contains(line, []byte("repo:")):
		if bytes.HasSuffix(before, []byte("/")) {
			return repoName
		}
		return ownerName
	case database.Match(line) && (len(after) == 0 || !bytes.ContainsRune([]byte("-/."), rune(after[0]))) &&
		!bytes.HasSuffix(before, []byte("backups/")):
		return r.to.Identifier
	}
	return r.to.Name
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
