package alerts

import (
	"fmt"
	"strings"
)

// Rules writes all as a file of Prometheus' rules.
func Rules(all []Alert) string {
	var b strings.Builder
	b.WriteString("# Made by `go tool task generate` of ops/alerts.\ngroups:\n")
	for _, group := range []string{api, worker, platform} {
		fmt.Fprintf(&b, "  - name: fualab-%s\n    interval: 15s\n    rules:\n", group)
		for _, a := range all {
			if a.Of != group {
				continue
			}
			for _, r := range a.Rules {
				a.writeRule(&b, r)
			}
		}
	}
	return b.String()
}

func (a Alert) writeRule(b *strings.Builder, r Rule) {
	fmt.Fprintf(b, "      - alert: %s\n        expr: |\n", a.Name)
	for line := range strings.Lines(r.Expr() + "\n") {
		b.WriteString("          " + line)
	}
	if r.For > 0 {
		fmt.Fprintf(b, "        for: %s\n", span(r.For))
	}
	fmt.Fprintf(b, "        labels:\n          severity: %s\n", a.Severity)
	if r.Speed != "" {
		fmt.Fprintf(b, "          burn: %s\n", r.Speed)
	}
	fmt.Fprintf(b, "        annotations:\n          summary: %q\n          runbook: %s\n", a.Summary, a.Runbook())
}
