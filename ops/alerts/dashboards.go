package alerts

import (
	"fmt"

	workerprogram "github.com/fualab/fualab/worker"
)

// panel is one panel of a dashboard.
type panel struct {
	title, text, unit string
	targets           []target
	limit             float64 // drawn as a line; 0: none
}

// target is a query and the legend of its lines.
type target struct{ expr, legend string }

// Dashboards returns the dashboards by the names of their files. A dashboard
// has a panel with measure and limit for each alert, and further panels for the
// diagnosis.
func Dashboards(all []Alert) (map[string]string, error) {
	files := make(map[string]string)
	for of, title := range map[string]string{api: "FUALab API", worker: "FUALab worker", platform: "FUALab platform"} {
		var panels []panel
		for _, a := range all {
			if a.Of == of {
				panels = append(panels, a.panel())
			}
		}
		text, err := encode(dashboard(of, title, append(panels, more()[of]...)))
		if err != nil {
			return nil, err
		}
		files["fualab-"+of+".json"] = text
	}
	return files, nil
}

func (a Alert) panel() panel {
	p := panel{title: a.Title, text: a.Summary + ": " + a.Runbook(), unit: "short"}
	for _, r := range a.Rules {
		if r.Measure == "" {
			p.targets = append(p.targets, target{"count(" + r.Absent + ")", "instances"})
			continue
		}
		legend := r.Speed
		if legend == "" {
			legend = "{{instance}} {{task}} {{event}}"
		}
		p.targets = append(p.targets, target{r.Measure, legend})
		// The drawn limit is that of the first rule.
		if p.limit == 0 {
			p.unit, p.limit = r.Unit, r.Above
		}
	}
	return p
}

// more returns the panels without an alert.
func more() map[string][]panel {
	panels := map[string][]panel{
		api: {
			{title: "Requests a second", unit: "reqps", targets: []target{{"sum by (http_response_status_code) (rate(" + duration + "_count[5m]))", "{{http_response_status_code}}"}}},
			{title: "Requests a second by route", unit: "reqps", targets: []target{{"sum by (http_request_method, http_route) (rate(" + duration + "_count[5m]))", "{{http_request_method}} {{http_route}}"}}},
			{title: "Response time", unit: "s", targets: []target{
				{"histogram_quantile(0.5, sum by (le) (rate(" + duration + "_bucket{" + clients + "}[5m])))", "p50"},
				{"histogram_quantile(0.99, sum by (le) (rate(" + duration + "_bucket{" + clients + "}[5m])))", "p99"},
			}},
			{title: "Reads served from the cache", unit: "percentunit", targets: []target{{"rate(fualab_cache_hits_total[5m]) / (rate(fualab_cache_hits_total[5m]) + rate(fualab_cache_misses_total[5m]))", "{{instance}}"}}},
			{title: "Memory of the cache", unit: "bytes", targets: []target{{"fualab_cache_bytes", "{{instance}}"}, {"fualab_cache_max_bytes", "{{instance}} at most"}}},
			{title: "Age of cached responses", unit: "s", limit: 1, targets: []target{{"histogram_quantile(0.99, sum by (le) (rate(fualab_cache_age_seconds_bucket[5m])))", "p99"}}},
			{title: "Subscribers of live events", unit: "short", targets: []target{{"fualab_live_clients", "{{instance}}"}}},
		},
		worker: {
			{title: "Runs an hour, by outcome", unit: "short", targets: []target{{"sum by (task, outcome) (increase(fualab_task_runs_total[1h]))", "{{task}} {{outcome}}"}}},
			{title: "Rows a minute", unit: "short", targets: []target{{"sum by (task) (rate(fualab_task_rows_total[5m])) * 60", "{{task}}"}}},
			{title: "Behind schedule", unit: "s", targets: []target{{"max by (task) (fualab_task_lag_seconds)", "{{task}}"}}},
		},
		platform: {
			{title: "Connections to the database", unit: "short", targets: []target{{"db_client_connection_count", "{{instance}} {{state}}"}, {"db_client_connection_max", "{{instance}} at most"}}},
			{title: "Processor", unit: "percentunit", targets: []target{{"rate(process_cpu_seconds_total[5m])", "{{instance}}"}}},
			{title: "Memory", unit: "bytes", targets: []target{{"process_resident_memory_bytes", "{{instance}}"}}},
			{title: "Goroutines", unit: "short", targets: []target{{"go_goroutines", "{{instance}}"}}},
			{title: "Versions", unit: "short", targets: []target{{"count by (service, version) (fualab_build_info)", "{{service}} {{version}}"}}},
		},
	}
	for _, d := range workerprogram.Declarations() {
		panels[worker] = append(panels[worker], panel{
			title: d.Name + ": duration of a run, and its timeout", text: d.Summary, unit: "s", limit: d.Timeout.Seconds(),
			targets: []target{{fmt.Sprintf("histogram_quantile(0.99, sum by (le) (rate(fualab_task_duration_seconds_bucket{task=%q}[1h])))", d.Name), "p99"}},
		})
	}
	return panels
}

func dashboard(of, title string, panels []panel) object {
	const columns, width, height = 3, 8, 7
	drawn := make([]object, len(panels))
	for i, p := range panels {
		drawn[i] = p.draw(i+1, object{"x": i % columns * width, "y": i / columns * height, "w": width, "h": height})
	}
	return object{
		"uid": "fualab-" + of, "title": title, "tags": []string{"fualab"}, "schemaVersion": 39, "editable": false,
		"timezone": "utc", "refresh": "30s", "time": object{"from": "now-6h", "to": "now"},
		"templating": object{"list": []object{{"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}}},
		"panels":     drawn,
	}
}

func (p panel) draw(id int, place object) object {
	source := object{"type": "prometheus", "uid": "${datasource}"}
	targets := make([]object, len(p.targets))
	for i, t := range p.targets {
		targets[i] = object{"refId": string(rune('A' + i)), "expr": t.expr, "legendFormat": t.legend, "datasource": source}
	}
	defaults := object{"unit": p.unit, "min": 0}
	if p.limit != 0 {
		defaults["thresholds"] = object{"mode": "absolute", "steps": []object{{"color": "green", "value": nil}, {"color": "red", "value": p.limit}}}
		defaults["custom"] = object{"thresholdsStyle": object{"mode": "line"}}
	}
	return object{
		"id": id, "type": "timeseries", "title": p.title, "description": p.text, "gridPos": place,
		"datasource": source, "fieldConfig": object{"defaults": defaults, "overrides": []object{}}, "targets": targets,
	}
}
