//go:build lab

package firstrun_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

//go:generate go test -tags lab . -run ^TestDocument$ -update

var update = flag.Bool("update", false, "write the document instead of comparing it")

const document = "../../runbooks/first-run.md"

// TestDocument compares the runbook with the mistakes.
func TestDocument(t *testing.T) {
	t.Parallel()
	want := render(mistakes)
	if *update {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is stale; `go tool task generate` writes it (-wanted +there):\n%s", document, diff)
	}
}

const introduction = `# When the first run does not start

A program that cannot run prints the reason, the variable and the cure, and exits: with 2 if the settings or the
command are wrong, with 1 otherwise. It prints no password. All mistakes in the settings are printed at once, under
the line ` + "`" + `fualab-api: the configuration cannot be used:` + "`" + `.

Two cases are no mistakes. Without Redis, or with one that does not respond, everything runs, and ` + "`/ready`" + ` and the
log say which part is missing. A worker that starts before the API waits for the database's schema, and logs that.

| mistake | program | output | cure in the output | exit |
| --- | --- | --- | --- | --- |
`

const ending = `
A test makes each of these mistakes with the real programs and writes this page (` + "`go tool task generate`" + `).
`

func render(ms []mistake) string {
	var s strings.Builder
	s.WriteString(introduction)
	for _, m := range ms {
		fmt.Fprintf(&s, "| %s | `%s` | %s | %s | %d |\n", m.name, m.program, cell(strings.TrimPrefix(m.says, faulty)), cell(m.cure), m.exit)
	}
	s.WriteString(ending)
	return s.String()
}

// cell formats output for a table's cell, line by line.
func cell(text string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimRight(text, " ;:\n"), "\n") {
		lines = append(lines, code(strings.ReplaceAll(strings.TrimSpace(line), "|", `\|`)))
	}
	return strings.Join(lines, "<br>")
}

// code is Markdown's code span; two backticks enclose one.
func code(text string) string {
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}
