package httpapi

import (
	"context"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/health"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/schema"
	"github.com/fualab/fualab/shared/version"
)

type healthHandlers struct {
	Deps
	journal  *health.Journal
	silences *silences
}

type liveness struct {
	Body struct {
		Status  string `json:"status" example:"ok" doc:"Always ok: a process that answers lives."`
		Service string `json:"service" example:"FUALab API"`
		Version string `json:"version" example:"v0.1.0"`

		Commit     string `json:"commit,omitempty" example:"0123456789abcdef0123456789abcdef01234567" doc:"What it was built from; absent if unknown."`
		CommitTime string `json:"commit_time,omitempty" format:"date-time" doc:"When that was committed, RFC 3339 in UTC; absent if unknown."`
	}
}

type readiness struct {
	Status int
	Body   readinessBody
}

type readinessBody struct {
	Status   string            `json:"status" enum:"ready,degraded,unavailable,draining" doc:"degraded: it serves, and something is missing. unavailable and draining answer 503."`
	Service  string            `json:"service" example:"FUALab API"`
	Version  string            `json:"version" example:"v0.1.0"`
	Schema   schemaHealth      `json:"schema"`
	Database health.Dependency `json:"database"`
	Redis    health.Dependency `json:"redis"`
	Worker   workerHealth      `json:"worker"`
	Tasks    tasksHealth       `json:"tasks"`
	Cache    cacheHealth       `json:"cache"`
}

type schemaHealth struct {
	Version string `json:"version" example:"0002" doc:"The newest migration applied."`
	Needed  string `json:"needed" example:"0002" doc:"The migration this program needs."`
}

type cacheHealth struct {
	Status string `json:"status" enum:"ok,incoherent,disabled" doc:"incoherent: this instance does not hear what others change, so that its answers may be up to a second old. It is no reason to be degraded."`
}

type workerHealth struct {
	Status        string      `json:"status" enum:"ok,stale,missing,unknown" doc:"stale: the newest heartbeat is older than its time to live. missing: no worker is there, or none has ever been."`
	LastHeartbeat *model.Time `json:"last_heartbeat" format:"date-time" nullable:"true"`
	AgeSeconds    *float64    `json:"age_seconds" nullable:"true"`
}

func (h *healthHandlers) register(o operations) {
	for _, path := range []string{"/health", "/api/health"} {
		handle(o, huma.Operation{
			OperationID: id("health", path), Method: http.MethodGet, Path: path, Tags: []string{"Health"},
			Summary:     "Is the process alive",
			Description: "Touches nothing, so that a lost database does not have healthy processes killed.",
		}, h.health)
	}
	for _, path := range []string{"/ready", "/api/ready"} {
		handle(o, huma.Operation{
			OperationID: id("ready", path), Method: http.MethodGet, Path: path, Tags: []string{"Health"},
			Summary:     "Can it serve, and what does it stand on",
			Description: "Answers 503 only if the database is unusable or the process is about to stop; without Redis or a worker, or with a task that has not succeeded for long, it is degraded and serves.",
		}, h.ready)
		// One that is not ready says so in the same words.
		responses := o.api.OpenAPI().Paths[path].Get.Responses
		responses["503"].Content["application/json"] = responses["200"].Content["application/json"]
	}
}

// id keeps operation ids unique where one operation has two paths.
func id(name, path string) string {
	if path == "/"+name {
		return name
	}
	return "api-" + name
}

func (h *healthHandlers) health(context.Context, *struct{}) (*liveness, error) {
	out, build := &liveness{}, version.Get()
	out.Body.Status, out.Body.Service, out.Body.Version = "ok", h.Service, build.Version
	out.Body.Commit, out.Body.CommitTime = build.Commit, build.CommitTime
	return out, nil
}

func (h *healthHandlers) ready(ctx context.Context, _ *struct{}) (*readiness, error) {
	body := readinessBody{Service: h.Service, Version: version.String(), Schema: schemaHealth{Needed: schema.Version}, Cache: h.cacheHealth()}
	var checks sync.WaitGroup
	checks.Go(func() { h.checkDatabase(ctx, &body) })
	checks.Go(func() { body.Redis = health.CheckRedis(ctx, h.Redis) })
	checks.Wait()
	h.journal.Note(ctx, "database", body.Database)
	h.journal.Note(ctx, "redis", body.Redis)

	out := &readiness{Status: http.StatusOK, Body: body}
	switch {
	case h.Draining():
		out.Status, out.Body.Status = http.StatusServiceUnavailable, "draining"
	case body.Database.Status != "ok" || body.Schema.Version < body.Schema.Needed:
		out.Status, out.Body.Status = http.StatusServiceUnavailable, "unavailable"
	case body.Redis.Status == "down" || body.Worker.Status != "ok" || body.Tasks.Status == "overdue":
		out.Body.Status = "degraded"
	default:
		out.Body.Status = "ready"
	}
	return out, nil
}

func (h *healthHandlers) cacheHealth() cacheHealth {
	switch {
	case h.Cache == nil:
		return cacheHealth{Status: "disabled"}
	case !h.Live.Follows():
		return cacheHealth{Status: "incoherent"}
	}
	return cacheHealth{Status: "ok"}
}

// checkDatabase fills in what the database tells: itself, the schema, the
// worker by its heartbeat, and the tasks by their successes.
func (h *healthHandlers) checkDatabase(ctx context.Context, body *readinessBody) {
	body.Worker.Status, body.Tasks = "unknown", tasksHealth{Status: "unknown", Overdue: []overdueTask{}}
	body.Database, body.Schema.Version = health.CheckDatabase(ctx, h.Store)
	if body.Database.Status == "ok" && body.Schema.Version >= schema.Version {
		body.Worker, body.Tasks = h.checkWorker(ctx), h.checkTasks(ctx)
	}
}

func (h *healthHandlers) checkWorker(ctx context.Context) workerHealth {
	ctx, cancel := context.WithTimeout(ctx, health.Timeout)
	defer cancel()
	beat, err := h.Store.LastBeat(ctx)
	switch {
	case errs.Is(err, errs.NotFound):
		return workerHealth{Status: "missing"}
	case err != nil:
		return workerHealth{Status: "unknown"}
	}
	age := h.Now().Sub(beat.Std())
	seconds := float64(age.Milliseconds()) / 1000
	out := workerHealth{Status: "ok", LastHeartbeat: &beat, AgeSeconds: &seconds}
	if age > h.HeartbeatTTL {
		out.Status = "stale"
	}
	return out
}
