package envdoc

import (
	"cmp"
	"fmt"
	"strings"
)

// The markers between which Splice puts the table.
const (
	Begin = "<!-- variables:begin -->"
	End   = "<!-- variables:end -->"
)

// Table returns the variables as a Markdown table.
func Table(vs []Variable) string {
	var s strings.Builder
	s.WriteString("| variable | default | read by | meaning |\n| --- | --- | --- | --- |\n")
	cell := strings.NewReplacer("|", `\|`).Replace
	for _, v := range vs {
		fmt.Fprintf(&s, "| `%s` | %s | %s | %s |\n", v.Name, cell(v.defaults("`")), strings.Join(v.Readers, ", "), cell(v.Doc))
	}
	return s.String()
}

// Splice returns page with table between the markers. The error names the cure
// for a page without both markers.
func Splice(page, table string) (string, error) {
	before, rest, found := strings.Cut(page, Begin)
	_, after, ended := strings.Cut(rest, End)
	if !found || !ended {
		return "", fmt.Errorf("the page has no place for the table of variables: add the line %s and, after it, the line %s", Begin, End)
	}
	return before + Begin + "\n" + table + End + after, nil
}

const exampleHeader = `# FUALab's settings: every variable, with its default or an example. To set one,
# remove the # before it.
#
#   cp .env.example .env     # git ignores .env; change it there
#
# Docker Compose ("go tool task up") reads .env by itself, but sets the addresses
# and URLs between its containers. For the local runner:
#
#   set -a; . ./.env; set +a
#   go run ./ops/local
#
# An empty value counts as unset. An unknown variable FUALAB_… is a mistake, and no
# program starts with it. The local runner passes every variable to its API and
# worker.
#
# Written by "go tool task generate" from the programs' own settings.
`

// Example returns .env.example, a file that a shell and Docker can read.
func Example(vs []Variable) string {
	var s strings.Builder
	s.WriteString(exampleHeader)
	for _, v := range vs {
		s.WriteString("\n" + comment(v.Doc))
		s.WriteString(comment("Default: " + v.defaults("") + ". Read by: " + strings.Join(v.Readers, ", ") + "."))
		fmt.Fprintf(&s, "#%s=%s\n", v.Name, quoted(cmp.Or(v.Defaults[0].Value, v.Sample)))
	}
	return s.String()
}

// defaults describes the behaviour without v, value by value if programs differ.
func (v Variable) defaults(quote string) string {
	var parts []string
	for _, d := range v.Defaults {
		part := d.Note
		if d.Value != "" {
			part = quote + d.Value + quote
		}
		if len(v.Defaults) > 1 {
			part += " (" + strings.Join(d.Programs, ", ") + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// comment breaks text into comment lines at its spaces.
func comment(text string) string {
	const width = 80
	var s strings.Builder
	line := "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > width && line != "#" {
			s.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	return s.String() + line + "\n"
}

// quoted quotes a value for a shell and Docker.
func quoted(value string) string {
	if strings.ContainsAny(value, " \t#$&;()<>|*?\"'\\") {
		return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
	}
	return value
}
