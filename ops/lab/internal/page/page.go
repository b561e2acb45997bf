// Package page reads the commands out of a page of Markdown. A comment on the
// line before a block of commands states where it is run:
//
//	<!-- run: local -->           by a test, beside a platform of ops/local
//	<!-- run: postgres -->        the same, on Postgres
//	<!-- run: gameday find -->    by the game day: distinguishes the page's fault from none
//	<!-- run: gameday repair -->  repairs it
//	<!-- run: gameday over -->    fails until the fault is over
//	<!-- not run: REASON -->      by no test, with the reason
package page

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// The places where a block is run.
const (
	Nowhere  = "" // for Reason
	Local    = "local"
	Postgres = "postgres"
	Find     = "gameday find"
	Repair   = "gameday repair"
	Over     = "gameday over"
)

// Block is a fenced block of shell commands.
type Block struct {
	Line  int // of its fence
	Where string
	Text  string
}

var mark = regexp.MustCompile(`^<!-- (?:run: (local|postgres|gameday (?:find|repair|over))|not run: \S.*) -->$`)

// Read returns the blocks of commands of a file. A block without a mark is an
// error, which names its line.
func Read(file string) ([]Block, error) {
	text, err := os.ReadFile(file) //nolint:gosec // a page of this repository
	if err != nil {
		return nil, err
	}
	blocks, err := parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s:%w", file, err)
	}
	return blocks, nil
}

func parse(text string) ([]Block, error) {
	var blocks []Block
	var before string // the line before
	var inside *Block
	shell := false
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case inside == nil && strings.HasPrefix(trimmed, "```"):
			inside, shell = &Block{Line: i + 1}, trimmed == "```sh"
			found := mark.FindStringSubmatch(before)
			if shell && found == nil {
				return nil, fmt.Errorf("%d: a block of commands without a mark: write a comment before it that says where it is run, see ops/lab/internal/page", i+1)
			}
			if shell {
				inside.Where = found[1]
			}
		case inside != nil && trimmed == "```":
			if shell {
				blocks = append(blocks, *inside)
			}
			inside = nil
		case inside != nil:
			inside.Text += trimmed + "\n"
		}
		before = trimmed
	}
	if inside != nil {
		return nil, fmt.Errorf("%d: a block without an end", inside.Line)
	}
	return blocks, nil
}
