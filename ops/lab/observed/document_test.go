//go:build lab

package observed

import (
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
)

// shown is one metric, as in the document's columns.
type shown struct{ Type, Labels string }

// TestDocument: ops/metrics.md lists exactly the metrics of a running platform.
func TestDocument(t *testing.T) {
	t.Parallel()
	p := Start(t, new(Lines))
	if status, body := Do(t, http.MethodPost, p.API+"/api/items", `{"name":"Sample"}`, nil); status != http.StatusCreated {
		t.Fatalf("the item: %d %s", status, body)
	}
	for range 2 { // the second one may come from the cache
		Get(t, p.API+"/api/items/1")
	}
	Eventually(t, "the first heartbeat and the schedules", func() bool {
		all := Metrics(t, p.WorkerAdmin)
		return all["fualab_heartbeat_timestamp_seconds"] != nil && all["fualab_task_due_timestamp_seconds"] != nil
	})
	page, err := os.ReadFile("../../metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	both, rest, _ := strings.Cut(string(page), "\n## API\n")
	ofAPI, ofWorker, found := strings.Cut(rest, "\n## Worker\n")
	if !found {
		t.Fatal("ops/metrics.md lacks the sections API and Worker")
	}
	for _, tc := range []struct{ service, admin, section string }{
		{"API", p.APIAdmin, ofAPI}, {"worker", p.WorkerAdmin, ofWorker},
	} {
		want := documented(both)
		maps.Copy(want, documented(tc.section))
		if diff := cmp.Diff(want, measured(Metrics(t, tc.admin))); diff != "" {
			t.Errorf("the %s (-ops/metrics.md +shown):\n%s", tc.service, diff)
		}
	}
}

var row = regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (\\w+) \\| (.*?) ?\\| .+ \\|$")

func documented(section string) map[string]shown {
	all := make(map[string]shown)
	for _, m := range row.FindAllStringSubmatch(section, -1) {
		labels := strings.Split(strings.ReplaceAll(m[3], "`", ""), ", ")
		slices.Sort(labels)
		all[m[1]] = shown{m[2], strings.Join(labels, ", ")}
	}
	return all
}

// measured leaves out the runtime's own metrics, which the document does not
// list one by one.
func measured(families map[string]*dto.MetricFamily) map[string]shown {
	all := make(map[string]shown)
	for name, f := range families {
		if strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") || strings.HasPrefix(name, "promhttp_") {
			continue
		}
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		slices.Sort(labels)
		all[name] = shown{strings.ToLower(f.GetType().String()), strings.Join(labels, ", ")}
	}
	return all
}
