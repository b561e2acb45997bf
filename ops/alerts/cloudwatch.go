package alerts

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Alarm is CloudWatch's form of an alert, on the metrics that the services
// write into their logs. It rings while Points of the last Periods are above
// Threshold.
type Alarm struct {
	Suffix    string // behind the alert's name, where it has several
	Service   string // the dimension
	Metric    string // "" for a Ratio
	Statistic string
	Ratio     string            // an expression of metrics
	Of        map[string]string // the expression's ids and their metrics
	Threshold float64
	Period    time.Duration
	Periods   int
	Points    int
	// Progress is set where no value is as bad as a bad one: whoever writes it
	// is what is watched. Elsewhere no value says that nobody asked.
	Progress bool
}

// namespace and the dimensions are those of shared/telemetry.
const namespace = "FUALab"

// object is one of Terraform's JSON; its keys are sorted when written.
type object = map[string]any

// Alarms writes all as a file of Terraform, beside infra/terraform-ecs/alarms.tf.
func Alarms(all []Alert) (string, error) {
	alarms := object{}
	for _, a := range all {
		for _, alarm := range a.Alarms {
			alarms[a.Name+alarm.Suffix] = a.resource(alarm)
		}
	}
	file := object{
		"//":       "Made by `go tool task generate` of ops/alerts.",
		"resource": object{"aws_cloudwatch_metric_alarm": alarms},
	}
	return encode(file)
}

func (a Alert) resource(alarm Alarm) object {
	topic := []string{"${aws_sns_topic.alarms[0].arn}"}
	o := object{
		"count":               "${var.enable_alarms ? 1 : 0}",
		"alarm_name":          "${local.name}-" + a.Name + alarm.Suffix,
		"alarm_description":   a.Summary + ": " + a.Runbook(),
		"comparison_operator": "GreaterThanThreshold",
		"threshold":           alarm.Threshold,
		"evaluation_periods":  alarm.Periods,
		"datapoints_to_alarm": alarm.Points,
		"treat_missing_data":  "notBreaching",
		"alarm_actions":       topic,
		"ok_actions":          topic,
	}
	if alarm.Progress {
		// A stack that sleeps at night is silent then.
		o["treat_missing_data"] = `${var.schedule_off_hours == null ? "breaching" : "missing"}`
	}
	if alarm.Ratio != "" {
		o["metric_query"] = alarm.queries()
		return o
	}
	o["namespace"], o["metric_name"], o["dimensions"] = namespace, alarm.Metric, alarm.dimensions()
	o["statistic"], o["period"] = alarm.Statistic, alarm.Period.Seconds()
	return o
}

func (alarm Alarm) queries() []object {
	queries := []object{{"id": "ratio", "expression": alarm.Ratio, "label": "ratio", "return_data": true}}
	for id, metric := range alarm.Of {
		queries = append(queries, object{"id": id, "metric": []object{{
			"namespace": namespace, "metric_name": metric, "dimensions": alarm.dimensions(), "stat": "Sum", "period": alarm.Period.Seconds(),
		}}})
	}
	slices.SortFunc(queries, func(a, b object) int { return strings.Compare(a["id"].(string), b["id"].(string)) })
	return queries
}

func (alarm Alarm) dimensions() object {
	return object{"Service": alarm.Service, "Environment": "${var.environment}"}
}

func encode(file object) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(file)
	return b.String(), err
}
