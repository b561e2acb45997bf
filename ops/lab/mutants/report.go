package main

import (
	"fmt"
	"io"
	"time"
)

// score counts the mutants of a package.
type score struct {
	dir           string
	tried, killed int
	took          time.Duration
}

func (s *score) add(killed bool, took time.Duration) {
	s.tried++
	s.took += took
	if killed {
		s.killed++
	}
}

// percent is the share of killed mutants, rounded down: 100 means each of them.
func (s *score) percent() int {
	if s.tried == 0 {
		return 100
	}
	return 100 * s.killed / s.tried
}

// report writes a mutant's end to the progress, and a survivor to the output.
func (l *lab) report(m mutant, killer string, unreached bool, took time.Duration, s *score) {
	end := "survives"
	switch {
	case killer != "":
		end = "killed by " + killer
	case unreached:
		end = "survives, not executed by a test"
	}
	_, _ = fmt.Fprintf(l.progress, "%d/%d %s, %.1f s: %s\n", s.tried, l.count, end, took.Seconds(), m.String())
	if killer != "" {
		return
	}
	line := m.String()
	if unreached {
		line += " (not executed by a test)"
	}
	_, _ = fmt.Fprintln(l.out, line)
}

func printTable(out io.Writer, scores []score) {
	if len(scores) == 0 {
		return
	}
	_, _ = fmt.Fprintf(out, "\n%-28s %6s %5s %7s %10s\n", "package", "killed", "tried", "percent", "s a mutant")
	for _, s := range scores {
		_, _ = fmt.Fprintf(out, "%-28s %6d %5d %7d %10.1f\n", s.dir, s.killed, s.tried, s.percent(), s.took.Seconds()/float64(s.tried))
	}
}
