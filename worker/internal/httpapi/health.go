package httpapi

import (
	"net/http"

	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/version"
)

// liveness is the answer of /health.
type liveness struct {
	Status  string      `json:"status"`
	Service string      `json:"service"`
	Version string      `json:"version"`
	Commit  string      `json:"commit,omitempty"`      // what it was built from
	Time    string      `json:"commit_time,omitempty"` // of that commit
	Since   *model.Time `json:"since,omitempty"`       // stuck: when the loop last advanced
	Step    string      `json:"step,omitempty"`        // stuck: what it was doing
}

// health answers whether the process does its work, from the progress of its
// loop alone: a lost database must not have a worker killed that will go on
// by itself. The status is
//
//   - ok: the loop turns;
//   - waiting: it has not begun, because the database has no schema yet. That
//     may rightly take as long as a migration does, so it is 200;
//   - stopping: it has ended, because the process is about to;
//   - stuck, the only 503: it has not advanced for three ticks, and only a
//     new process will.
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
