//go:build linux

package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// report has the results of all scenarios.
type report struct{ results []result }

func (r *report) add(res result) { r.results = append(r.results, res) }

// print writes a Markdown table with the faults below it. It returns an error if
// there are any.
func (r *report) print(out io.Writer) error {
	var text, wrong strings.Builder
	text.WriteString("| scenario | sent | acknowledged | failed, by kind | lost | doubled | first success after, s | memory before, most, MiB | goroutines | s |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	missed := 0
	for _, res := range r.results {
		l := res.ledger
		if res.skipped != "" {
			fmt.Fprintf(&text, "| %s | not tried: %s |\n", res.name, res.skipped)
			continue
		}
		fmt.Fprintf(&text, "| %s | %d | %d | %s | %d | %d | %.2f | %d, %d | %d | %.0f |\n", strings.Join(append([]string{res.name}, res.notes...), "; "), l.sent, l.acked, kinds(l.failed),
			res.lost, res.doubled, l.worst.Seconds(), res.before>>20, res.peak>>20, res.goroutines, res.took.Seconds())
		if len(res.faults) > 0 {
			missed++
			fmt.Fprintf(&wrong, "\n%s:\n%s\n", res.name, strings.Join(res.faults, "\n"))
		}
	}
	if _, err := io.WriteString(out, text.String()+wrong.String()); err != nil {
		return err
	}
	if missed > 0 {
		return fmt.Errorf("%d of %d scenarios failed, see above", missed, len(r.results))
	}
	return nil
}

// kinds formats failures as in "12 × 503, 3 × refused".
func kinds(failed map[string]int) string {
	if len(failed) == 0 {
		return "none"
	}
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(failed)) {
		all = append(all, fmt.Sprintf("%d × %s", failed[kind], kind))
	}
	return strings.Join(all, ", ")
}
