package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is a line of `go test -json`; see `go doc test2json`.
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64 // seconds
}

// test names one test.
type test struct{ pkg, name string }

// report collects the events of a run, and prints those that a reader needs.
type report struct {
	out            io.Writer
	passed, failed int
	skipped        map[test]string // the output of each skipped test
	output         map[test]*strings.Builder
	packages       int
}

// read consumes events until their end. It prints other lines, such as an
// error of the compiler, as they are.
func (r *report) read(events io.Reader) error {
	r.skipped, r.output = make(map[test]string), make(map[test]*strings.Builder)
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			r.line(line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the events of go test: %w", err)
		}
	}
}

func (r *report) line(line []byte) {
	var e event
	if !bytes.HasPrefix(line, []byte("{")) || json.Unmarshal(line, &e) != nil {
		_, _ = r.out.Write(line)
		return
	}
	of := test{e.Package, e.Test}
	switch e.Action {
	case "output", "build-output":
		if r.output[of] == nil {
			r.output[of] = &strings.Builder{}
		}
		r.output[of].WriteString(e.Output)
	case "pass", "fail", "skip", "build-fail":
		r.end(of, e)
	}
}

// end records the verdict on a test, or without a name on a package.
func (r *report) end(of test, e event) {
	output := ""
	if b := r.output[of]; b != nil {
		output = b.String()
		delete(r.output, of)
	}
	switch {
	case e.Action == "fail" || e.Action == "build-fail":
		if of.name != "" {
			r.failed++
		} else {
			r.unfinished(of.pkg)
		}
		_, _ = io.WriteString(r.out, output)
	case of.name == "" && e.Action == "pass":
		r.packages++
		_, _ = fmt.Fprintf(r.out, "ok  \t%s\t%.1fs\n", of.pkg, e.Elapsed)
	case of.name == "":
	case e.Action == "pass":
		r.passed++
	case e.Action == "skip":
		r.skipped[of] = output
	}
}

// unfinished prints the output of tests without a verdict, because a panic or
// an exit of their package interrupted them.
func (r *report) unfinished(pkg string) {
	for of, output := range r.output {
		if of.pkg == pkg && of.name != "" {
			r.failed++
			_, _ = io.WriteString(r.out, output.String())
			delete(r.output, of)
		}
	}
}

// print writes the counts, and returns an error for each skip that no rule
// declares.
func (r *report) print(rules []rule) error {
	counts, undeclared := make(map[string]int), []error(nil)
	for _, of := range slices.SortedFunc(maps.Keys(r.skipped), func(a, b test) int {
		return cmp.Or(cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.name, b.name))
	}) {
		output := r.skipped[of]
		i := slices.IndexFunc(rules, func(rule rule) bool { return strings.Contains(output, rule.text) })
		if i < 0 {
			undeclared = append(undeclared, fmt.Errorf("%s %s is skipped, but skips.txt does not declare the reason:\n%s", of.pkg, of.name, strings.TrimSpace(output)))
			continue
		}
		counts[rules[i].reason]++
	}
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		_, _ = fmt.Fprintf(r.out, "skipped %d: %s\n", counts[reason], reason)
	}
	_, _ = fmt.Fprintf(r.out, "%d packages\n%d passed, %d failed, %d skipped\n", r.packages, r.passed, r.failed, len(r.skipped))
	if r.passed == 0 {
		undeclared = append(undeclared, errors.New("no test passed: check the pattern"))
	}
	return errors.Join(undeclared...)
}
