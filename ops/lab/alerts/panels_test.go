//go:build linux

package alerts

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// panel is one query of a dashboard.
type panel struct{ dashboard, title, query string }

// panels reads the panels of all dashboards.
func panels(t *testing.T) []panel {
	t.Helper()
	paths, err := filepath.Glob("../../dashboards/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	var all []panel
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var dashboard struct {
			Title  string
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		if err := json.Unmarshal(text, &dashboard); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, p := range dashboard.Panels {
			for _, target := range p.Targets {
				all = append(all, panel{dashboard.Title, p.Title, target.Expr})
			}
		}
	}
	return all
}

// diskMetrics is the prefix of the metrics of SQLite only. fillDisk reports if it
// could not run. If its API shows none of them, its alert did not fire.
const diskMetrics = "fualab_data_disk_"

// holdPanels fails for each panel without data since then: its query uses a
// metric that no service has.
func (w *world) holdPanels(since time.Time) {
	size, err := w.shown(diskMetrics+"size_bytes", since)
	if err != nil {
		w.t.Error(err)
	}
	for _, p := range panels(w.t) {
		if size == 0 && strings.Contains(p.query, diskMetrics) {
			continue
		}
		n, err := w.shown(p.query, since)
		if err != nil || n == 0 {
			w.t.Errorf("%s, %q shows nothing: %s: %v", p.dashboard, p.title, p.query, err)
		}
	}
}

// shown counts the numbers that a query has returned since then.
func (w *world) shown(query string, since time.Time) (n int, err error) {
	ctx := w.t.Context()
	q, err := engine().NewRangeQuery(ctx, w.samples, nil, windows.Replace(query), since, time.Now(), time.Second)
	if err != nil {
		return 0, err
	}
	defer q.Close()
	matrix, err := q.Exec(ctx).Matrix()
	if err != nil {
		return 0, err
	}
	for _, series := range matrix {
		for _, point := range series.Floats {
			if !math.IsNaN(point.F) {
				n++
			}
		}
	}
	return n, nil
}
