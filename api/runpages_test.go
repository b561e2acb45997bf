package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
)

// TestManySchedules have their last runs all the same.
func TestManySchedules(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := apitest.NewHarness(t, db)
		names := make([]string, 1000)
		for i := range names {
			names[i] = fmt.Sprintf("task.%04d", i)
		}
		declare(t, db, names...)
		want := map[string]int64{}
		for _, name := range []string{"task.0999", "task.0000", "task.0500", "task.0500"} {
			job, err := runs.Insert(t.Context(), h.Queue, name, runs.Manual)
			if err != nil {
				t.Fatal(err)
			}
			want[name] = job.ID
		}
		type schedule struct {
			Name    string
			LastRun *run `json:"last_run"`
		}
		list := apitest.Decode[[]schedule](t, h.Must(200, "GET", "/api/schedules", "").Body)
		got := map[string]int64{}
		for i, s := range list {
			if s.Name != names[i] {
				t.Fatalf("schedule %d is %s", i, s.Name)
			}
			if s.LastRun != nil {
				got[s.Name] = s.LastRun.ID
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || len(list) != len(names) {
			t.Errorf("%d schedules, last runs (-want +got):\n%s", len(list), diff)
		}
	})
}

// TestRunPages pages through runs, whole and filtered, while others are
// inserted: each that stood at the beginning is seen once, newest first.
func TestRunPages(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := apitest.NewHarness(t, db)
		insert := func(n int) {
			for i := range n {
				if _, err := runs.Insert(t.Context(), h.Queue, fmt.Sprintf("task.%d", i%3), runs.Manual); err != nil {
					t.Fatal(err)
				}
			}
		}
		insert(30)
		for query, want := range map[string]int{"": 30, "&task=task.1": 10, "&task=task.1&task=task.2": 20, "&task=task.2,task.1&state=available": 20, "&state=running": 0} {
			newest := int64(0)
			var seen []int64
			for path := "/api/runs?limit=4" + query; path != ""; {
				a := h.Must(200, "GET", path, "")
				for _, run := range apitest.Decode[[]run](t, a.Body) {
					if newest == 0 {
						newest = run.ID
					}
					if n := len(seen); n > 0 && run.ID >= seen[n-1] {
						t.Fatalf("%s: %d after %v", query, run.ID, seen)
					}
					seen = append(seen, run.ID)
				}
				path = a.Link("next")
				if path != "" {
					insert(3)
				}
			}
			stood := 0
			for _, id := range seen {
				if id <= 30 {
					stood++
				}
			}
			if stood != want {
				t.Errorf("%s: saw %d of %d", query, stood, want)
			}
		}
		next, err := url.Parse(h.Must(200, "GET", "/api/runs?limit=1&task=task.2,task.1&task=task.2", "").Link("next"))
		if err != nil {
			t.Fatal(err)
		}
		cursor := "cursor=" + next.Query().Get("cursor")
		h.Must(200, "GET", "/api/runs?task=task.1,task.2&limit=7&"+cursor, "")
		for _, other := range []string{"/api/runs?", "/api/runs?task=task.1&", "/api/runs?task=task.1,task.2&state=running&"} {
			if got := h.Must(422, "GET", other+cursor, ""); !strings.Contains(got.Body, "belongs to another sort or filter") {
				t.Errorf("%s: %s", other, got.Body)
			}
		}
	})
}

// run is the part of a run that tests look at.
type run struct {
	ID              int64              `json:"id"`
	State           rivertype.JobState `json:"state"`
	Attempt         int                `json:"attempt"`
	RowsAffected    int64              `json:"rows_affected"`
	Worker          *string            `json:"worker"`
	CancelRequested bool               `json:"cancel_requested"`
	DurationMS      *int64             `json:"duration_ms"`
	Errors          []struct{ Error, Trace string }
}
