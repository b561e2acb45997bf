package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/fualab/fualab/ops/life/names"
)

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// ask asks for each name that is missing, and again if the answer is no name. An empty answer takes the proposal. The end
// of the input ends the questions.
func ask(answers, base names.Names, in io.Reader, out io.Writer) names.Names {
	lines := bufio.NewScanner(in)
	for _, role := range names.Roles {
		for *role.Of(&answers) == "" {
			proposed := answers.Completed()
			proposal := *role.Of(&proposed)
			question := role.Question
			if proposal != "" {
				question += " [" + proposal + "]"
			}
			fmt.Fprintf(out, "%s: ", question) //nolint:errcheck // a terminal that is gone gives no answers
			if !lines.Scan() {
				return answers
			}
			answer := strings.TrimSpace(lines.Text())
			if answer == "" {
				answer = proposal
			}
			if answer == "" {
				continue
			}
			tried := answers
			*role.Of(&tried) = answer
			if fault := faultOf(role.Name, tried.Completed().Faults(base)); fault != "" {
				fmt.Fprintln(out, fault) //nolint:errcheck // as above
				continue
			}
			answers = tried
		}
	}
	return answers
}

// faultOf returns the fault of a role, "" without one.
func faultOf(role string, faults []string) string {
	for _, fault := range faults {
		if strings.HasPrefix(fault, role+": ") {
			return fault
		}
	}
	return ""
}
