// Package httpapi serves the worker's health and readiness on its own address.
// Only this package of the worker uses HTTP.
package httpapi

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/health"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/worker/internal/loop"
)

// Deps are the sources of the responses.
type Deps struct {
	Service  string // name in /health
	Instance string
	DB       *database.DB
	Redis    *redis.Client // nil: runs without Redis
	Loop     *loop.Loop
	Jobs     JobConsole  // nil: none
	Draining func() bool // reports that the process is about to stop
	Now      func() time.Time
	Log      *slog.Logger
}

// JobsPath is the path of the operators' job console.
const JobsPath = "/jobs"

// JobConsole serves below JobsPath. Run keeps it fresh until ctx ends.
type JobConsole interface {
	http.Handler
	Run(ctx context.Context)
}

// New returns the worker's handler.
func New(d Deps) http.Handler {
	mux := http.NewServeMux()
	h := &handlers{d, health.NewJournal(d.Log)}
	mux.HandleFunc("GET /health", h.health)
	mux.HandleFunc("GET /ready", h.ready)
	if d.Jobs != nil {
		mux.Handle(JobsPath+"/", d.Jobs)
	}
	return httpserver.Observed(withProblems(mux), d.Log, func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, r, http.StatusInternalServerError)
	})
}

type handlers struct {
	Deps
	journal *health.Journal
}

func writeJSON(w http.ResponseWriter, contentType string, status int, body any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body) // the client may have disconnected
}
