// Package alerts declares what the platform's people are told of, once: the
// rules of Prometheus, the alarms of CloudWatch and the dashboards of Grafana
// are made of it, and each alert has a runbook of its name.
package alerts

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Severity says how soon somebody has to look.
type Severity string

// The severities.
const (
	Page   Severity = "page"   // now: somebody feels it
	Ticket Severity = "ticket" // within a day: somebody will
)

// The dashboards, and with CloudWatch the services, that alerts belong to.
const (
	api      = "api"
	worker   = "worker"
	platform = "platform"
)

// Alert is one thing to be told of. It fires when any of its rules does.
type Alert struct {
	Name     string // its runbook is ops/runbooks/<name>.md
	Title    string // of its panel
	Summary  string // what has happened, for who is woken; without a period
	Of       string // api, worker or platform
	Severity Severity
	Rules    []Rule
	Alarms   []Alarm // on AWS; none for what shows there by others
}

// Rule fires when what it measures is above a limit for a time.
type Rule struct {
	Measure string  // PromQL; "" for one that only Absent fires
	Above   float64 // the limit
	Unit    string  // of Measure, as Grafana calls it
	While   string  // PromQL that goes behind the comparison: and …, unless …
	Absent  string  // PromQL whose absence fires it as well
	For     time.Duration
	Speed   string // tells the rules of an alert apart, as a label
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

// span writes a time as Prometheus does.
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
