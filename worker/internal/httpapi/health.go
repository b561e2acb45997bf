package httpapi

import (
	"net/http"

	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/version"
)

// liveness is the response of /health.
type liveness struct {
	Status  string      `json:"status"`
	Service string      `json:"service"`
	Version string      `json:"version"`
	Commit  string      `json:"commit,omitempty"`      // the commit of the build
	Time    string      `json:"commit_time,omitempty"` // the time of that commit
	Since   *model.Time `json:"since,omitempty"`       // if stuck: when the loop last advanced
	Step    string      `json:"step,omitempty"`        // if stuck: the present step
}

// health answers whether the process works, from the progress of its loop
// alone. So an orchestrator does not kill a worker because of a lost database.
// The status is
//
//   - ok: the loop turns;
//   - waiting (200): the loop waits for the database's schema, as long as a
//     migration takes;
//   - stopping: the loop has ended, because the process is about to end;
//   - stuck (503): no progress for three ticks; only a new process helps.
func (h *handlers) health(w http.ResponseWriter, _ *http.Request) {
	build := version.Get()
	out := liveness{Status: "ok", Service: h.Service, Version: build.Version, Commit: build.Commit, Time: build.CommitTime}
	status, progress := http.StatusOK, h.Loop.Progress()
	switch {
	case h.Draining():
		out.Status = "stopping"
	case !progress.Begun():
		out.Status = "waiting"
	case !h.Loop.Healthy(h.Now()):
		since := model.NewTime(progress.Advanced)
		status, out.Status, out.Since, out.Step = http.StatusServiceUnavailable, "stuck", &since, progress.Step
	}
	writeJSON(w, "application/json", status, out)
}
