// Package alerts declares each alert once. The rules of Prometheus, the alarms
// of CloudWatch and the dashboards of Grafana are generated from these
// declarations, and each alert has a runbook of its name.
package alerts

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Severity is the urgency of an alert.
type Severity string

// The severities.
const (
	Page   Severity = "page"   // act now: users are affected
	Ticket Severity = "ticket" // act within a day: users will be affected
)

// The dashboards, which are also CloudWatch's services, of the alerts.
const (
	api      = "api"
	worker   = "worker"
	platform = "platform"
)

// Alert is one alert. It fires when any of its rules does.
type Alert struct {
	Name     string // its runbook is ops/runbooks/<name>.md
	Title    string // of its panel
	Summary  string // the fault, for the operator on call; without a period
	Of       string // api, worker or platform
	Severity Severity
	Rules    []Rule
	Alarms   []Alarm // on AWS; none if other alarms show the fault
}

// Rule fires when its measure is above a limit for some time.
type Rule struct {
	Measure string  // PromQL; "" for a rule with Absent only
	Above   float64 // the limit
	Unit    string  // of Measure, as Grafana calls it
	While   string  // PromQL after the comparison: and …, unless …
	Absent  string  // PromQL; its absence also fires the rule
	For     time.Duration
	Speed   string // a label that distinguishes the rules of an alert
}

// Expr returns the rule in PromQL.
func (r Rule) Expr() string {
	var parts []string
	if r.Measure != "" {
		parts = append(parts, r.Measure+" > "+number(r.Above))
	}
	if r.While != "" {
		parts = append(parts, r.While)
	}
	if r.Absent != "" {
		absent := "absent(" + r.Absent + ")"
		if len(parts) > 0 {
			absent = "or " + absent
		}
		parts = append(parts, absent)
	}
	return strings.Join(parts, "\n")
}

// Runbook returns the path of the alert's page in the repository.
func (a Alert) Runbook() string { return "ops/runbooks/" + a.Name + ".md" }

// All returns every alert.
func All() ([]Alert, error) {
	ofTasks, err := tasks()
	if err != nil {
		return nil, err
	}
	all := append(requests(), standing()...)
	return append(all, ofTasks...), nil
}

// number writes a limit without an exponent.
func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// span formats a duration as Prometheus does.
func span(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d >= u.of && d%u.of == 0 {
			return fmt.Sprintf("%d%s", d/u.of, u.name)
		}
	}
	return fmt.Sprintf("%ds", d/time.Second)
}
