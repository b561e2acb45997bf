package alerts

import (
	"fmt"
	"math"
	"time"

	"github.com/fualab/fualab/shared/objective"
)

// The API's objectives are watched by the burn rate of their error budget, over
// two windows each. The long window shows that the burn matters, the short one
// that it continues. At 14.4 times the budget two of thirty days are used up
// within the hour that a person needs; at 6 times, within a working day.
var burns = []struct {
	speed       string
	times       float64
	long, short time.Duration
}{
	{"fast", 14.4, time.Hour, 5 * time.Minute},
	{"slow", 6, 6 * time.Hour, 30 * time.Minute},
}

// leastFailures keeps a single failure in a quiet hour from paging an operator.
const leastFailures = 10

const duration = "http_server_request_duration_seconds"

// clients leaves out probes, which would dilute the failures, and streams,
// which have no end.
const clients = `http_route!~"(/api)?/(health|ready)|/api/events"`

// requests returns the alerts on the API's responses to clients.
func requests() []Alert {
	failures := Alert{
		Name: "api-errors", Title: "Responses with 5xx", Of: api, Severity: Page,
		Summary: "The API responds with 5xx, and its error budget burns",
	}
	slowness := Alert{
		Name: "api-latency", Title: "Requests beyond " + objective.Latency.String(), Of: api, Severity: Page,
		Summary: "The API's responses are slow, and its latency budget burns",
	}
	for _, b := range burns {
		failed := func(window time.Duration) string { return ratio(failedRequests, allRequests, window) }
		failures.Rules = append(failures.Rules, burn(b.speed, failed, b.times*(1-objective.Availability), failedRequests, b.long, b.short))

		slow := func(window time.Duration) string { return ratio(slowRequests, allRequests, window) }
		slowness.Rules = append(slowness.Rules, burn(b.speed, slow, b.times*(1-objective.LatencyShare), slowRequests, b.long, b.short))

		// CloudWatch has a second window only in composite alarms, at five
		// times the price. Two periods of the short window replace it.
		failures.Alarms = append(failures.Alarms, Alarm{
			Suffix: "-" + b.speed, Service: api,
			Ratio:     fmt.Sprintf("IF(failed > %d, failed / requests, 0)", leastFailures),
			Of:        map[string]string{"failed": "ServerErrors", "requests": "Requests"},
			Threshold: round(b.times * (1 - objective.Availability)), Period: b.short, Periods: 3, Points: 2,
		})
	}
	slowness.Alarms = []Alarm{{
		Service: api, Metric: "LatencyP99Seconds", Statistic: "Maximum",
		Threshold: objective.Latency.Seconds(), Period: time.Minute, Periods: 15, Points: 10,
	}}
	return []Alert{{
		Name: "api-down", Title: "Instances of the API", Of: api, Severity: Page,
		Summary: "No instance of the API responds",
		Rules:   []Rule{{Absent: "fualab_build_info{service=\"fualab-api\"}", For: 2 * time.Minute}},
	}, failures, slowness, refusals()}
}

// refusals counts security events of one kind within a quarter of an hour. A
// person who mistypes a token causes only a few.
func refusals() Alert {
	const most, window = 100, 15 * time.Minute
	return Alert{
		Name: "security-events", Title: "Security events within " + span(window), Of: api, Severity: Ticket,
		Summary: "Many requests are refused because of tokens, scopes, limits or origins",
		Rules:   []Rule{{Measure: fmt.Sprintf("sum by (event) (increase(fualab_security_events_total[%s]))", span(window)), Above: most, Unit: "short"}},
		Alarms:  []Alarm{{Service: api, Metric: "SecurityEvents", Statistic: "Sum", Threshold: most, Period: window, Periods: 1, Points: 1}},
	}
}

// burn fires while share is above limit over both windows, and counts exceeds
// leastFailures over the long one.
func burn(speed string, share func(time.Duration) string, limit float64, counts func(string, time.Duration) string, long, short time.Duration) Rule {
	limit = round(limit)
	return Rule{
		Speed: speed, Measure: share(long), Above: limit, Unit: "percentunit",
		While: "and " + share(short) + " > " + number(limit) +
			"\nand " + counts("increase", long) + fmt.Sprintf(" > %d", leastFailures),
	}
}

func ratio(part, whole func(function string, window time.Duration) string, window time.Duration) string {
	return part("rate", window) + " / " + whole("rate", window)
}

func allRequests(function string, window time.Duration) string {
	return fmt.Sprintf("sum(%s(%s_count{%s}[%s]))", function, duration, clients, span(window))
}

func failedRequests(function string, window time.Duration) string {
	return fmt.Sprintf("sum(%s(%s_count{%s,http_response_status_code=~\"5..\"}[%s]))", function, duration, clients, span(window))
}

// slowRequests are all requests above the bucket that ends at the objective.
func slowRequests(function string, window time.Duration) string {
	return fmt.Sprintf("(%s - sum(%s(%s_bucket{%s,le=\"%s\"}[%s])))", allRequests(function, window),
		function, duration, clients, number(objective.Latency.Seconds()), span(window))
}

// round removes the error of floating point.
func round(f float64) float64 { return math.Round(f*1e6) / 1e6 }
