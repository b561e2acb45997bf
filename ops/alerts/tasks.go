package alerts

import (
	"fmt"
	"strings"
	"time"

	"github.com/fualab/fualab/shared/cron"
	"github.com/fualab/fualab/shared/objective"
	workerprogram "github.com/fualab/fualab/worker"
)

// tasks returns an alert for each task. It fires when an active task has had no
// success for three intervals.
func tasks() ([]Alert, error) {
	var all []Alert
	for _, d := range workerprogram.Declarations() {
		spec, err := cron.Parse(d.Cron, d.TimeZone)
		if err != nil {
			return nil, fmt.Errorf("task %s: %w", d.Name, err)
		}
		silence := objective.Silence(spec.Interval(objective.From))
		// Clients wait for tasks that run every minute or two. A pause of the others, which prune and count, can wait
		// for the day.
		severity := Page
		if silence > 5*time.Minute {
			severity = Ticket
		}
		all = append(all, Alert{
			Name: "task-" + strings.ReplaceAll(d.Name, ".", "-"), Title: d.Name + ": since its last success", Of: worker, Severity: severity,
			Summary: fmt.Sprintf("%s has had no success for three intervals, %s", d.Name, span(silence)),
			Rules: []Rule{{
				Measure: fmt.Sprintf("time() - max(fualab_task_last_success_timestamp_seconds{task=%q})", d.Name),
				Above:   silence.Seconds(), Unit: "s",
				While: fmt.Sprintf("and max(fualab_task_due_timestamp_seconds{task=%q})", d.Name), // absent while paused
				For:   time.Minute,
			}},
			Alarms: []Alarm{{
				Service: worker, Metric: camel(d.Name) + "SuccessAgeSeconds", Statistic: "Maximum",
				Threshold: silence.Seconds(), Period: time.Minute, Periods: 5, Points: 5, Progress: true,
			}},
		})
	}
	return all, nil
}

// backlogs returns an alert for each task with a backlog.
func backlogs() []Alert {
	var all []Alert
	for _, d := range workerprogram.Declarations() {
		if b := d.Backlog; b != nil {
			all = append(all, Alert{
				Name: b.Name, Title: b.Title, Of: worker, Severity: Ticket, Summary: b.Summary,
				Rules: []Rule{{Measure: "max(" + b.Metric + ")", Above: b.Limit.Seconds(), Unit: "s", For: 2 * time.Minute}},
			})
		}
	}
	return all
}

// camel turns items.expire into ItemsExpire.
func camel(name string) string {
	var b strings.Builder
	for _, word := range strings.Split(name, ".") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
