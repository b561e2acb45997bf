package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sentMetrics counts the metrics that the services send, alarm or not: those
// that shared/telemetry names, two of which both services have, the backlog of
// the task that has one, and the age of each task's last success.
func sentMetrics(t *testing.T) int {
	t.Helper()
	source, err := os.ReadFile("../../shared/telemetry/emf.go")
	if err != nil {
		t.Fatal(err)
	}
	alarms, err := os.ReadFile("../terraform-ecs/alarms.tf.json")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\badd\("\w+"`).FindAll(source, -1)
	ages := regexp.MustCompile(`"metric_name": "\w+SuccessAgeSeconds"`).FindAll(alarms, -1)
	if len(named) < 5 || len(ages) == 0 {
		t.Fatalf("%d metrics and %d tasks were found", len(named), len(ages))
	}
	return len(named) + 2 + 1 + len(ages)
}

// TestCostCounts metrics that no alarm reads, and each metric of an expression.
func TestCostCounts(t *testing.T) {
	t.Parallel()
	var p plan
	text := `{"type":"aws_cloudwatch_metric_alarm","change":{"after":{"metric_query":[{"metric":[{}]},{"metric":[{}]},{"expression":"a/b"}]}}}`
	if err := json.Unmarshal([]byte(`{"resource_changes":[`+text+`]}`), &p); err != nil {
		t.Fatal(err)
	}
	p.Changes = slices.Repeat(p.Changes, 12)
	lines, _ := cost(p)
	if got := strings.Join(lines, ", "); got != "alarms 1.40, metrics 2.70" {
		t.Errorf("12 alarms on two metrics each, 19 metrics: %s", got)
	}
}

// TestSentMetrics: the services send as many as are charged for.
func TestSentMetrics(t *testing.T) {
	t.Parallel()
	if n := sentMetrics(t); n != sent {
		t.Errorf("the services send %d metrics, and the costs count %d", n, sent)
	}
}

// TestPlanCosts holds the table in infra/README.md to the plans.
func TestPlanCosts(t *testing.T) {
	t.Parallel()
	all := plans(t)
	var want strings.Builder
	want.WriteString("| profile | what it is made of | USD a month |\n| --- | --- | --- |\n")
	for _, profile := range []string{"lite", "standard", "ha"} {
		lines, total := cost(all[profile])
		fmt.Fprintf(&want, "| [%s](terraform-ecs/profiles/%s.tfvars) | %s | **%.2f** |\n", profile, profile, strings.Join(lines, " + "), total)
	}
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "<!-- costs:begin -->\n")
	got, _, found := strings.Cut(rest, "<!-- costs:end -->")
	if !found {
		t.Fatal("infra/README.md has no table between costs:begin and costs:end")
	}
	if diff := cmp.Diff(want.String(), got); diff != "" {
		t.Errorf("infra/README.md is not what the plans cost (-wanted +there):\n%s\nput there:\n%s", diff, want.String())
	}
}
