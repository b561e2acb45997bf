package console

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/model"
)

type workerHandlers struct {
	store        *workerStore
	heartbeatTTL time.Duration
	now          func() time.Time
}

// workerBody is a worker in the API's form.
type workerBody struct {
	Instance  string     `json:"instance" doc:"The worker's name, unique in the fleet."`
	Version   string     `json:"version" example:"v0.1.0"`
	Status    string     `json:"status" enum:"ok,stale" doc:"stale: its last heartbeat is older than a heartbeat's time to live."`
	StartedAt model.Time `json:"started_at" format:"date-time"`
	LastBeat  model.Time `json:"last_beat" format:"date-time"`
	LagMS     int64      `json:"lag_ms" doc:"Delay of its loop's last tick, in milliseconds."`
	Running   []string   `json:"running" doc:"The tasks that ran at its last heartbeat, one entry for each run."`
}

type workersOutput struct {
	Body []workerBody
}

func (h *workerHandlers) register(api *rest.API) {
	rest.Handle(api, rest.Operation{Scope: auth.Read, Operation: huma.Operation{
		OperationID: "list-workers", Method: http.MethodGet, Path: "/api/workers", Tags: []string{"Workers"},
		Summary: "List the workers, longest serving first", Description: "The list comes from the database, so it does not need Redis.",
	}}, h.list)
}

func (h *workerHandlers) list(ctx context.Context, _ *struct{}) (*workersOutput, error) {
	workers, err := h.store.Workers(ctx)
	if err != nil {
		return nil, err
	}
	aliveSince := h.now().Add(-h.heartbeatTTL)
	bodies := make([]workerBody, len(workers))
	for i, w := range workers {
		bodies[i] = workerBodyOf(w, aliveSince)
	}
	return &workersOutput{Body: bodies}, nil
}

// workerBodyOf is the only conversion from the model. A worker without a
// heartbeat since aliveSince is stale.
func workerBodyOf(w *model.Worker, aliveSince time.Time) workerBody {
	body := workerBody{
		Instance: w.Instance, Version: w.Version, Status: "ok",
		StartedAt: w.StartedAt, LastBeat: w.LastBeat, LagMS: w.LagMS, Running: append([]string{}, w.Running...),
	}
	if w.LastBeat.Std().Before(aliveSince) {
		body.Status = "stale"
	}
	return body
}
