package console

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/health"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/schema"
	"github.com/fualab/fualab/shared/version"
)

type healthHandlers struct {
	service       string
	schedules     *scheduleStore
	runs          *runStore
	db            *database.DB
	redis         *redis.Client // nil: runs without
	live          *live.Hub     // nil: none
	cached        bool          // the API has a cache
	heartbeatTTL  time.Duration
	readyAge      time.Duration // largest age of a cached result of /ready; 0: each request checks
	draining      func() bool
	unpublished   func() bool // reports that Redis does not accept events; nil: it does
	now           func() time.Time
	journal       *health.Journal
	overdueLimits *overdueLimits

	looking sync.Mutex
	last    readinessBody
	looked  time.Time // time of the last check; zero: none
}

type liveness struct {
	Body struct {
		Status  string `json:"status" example:"ok" doc:"Always ok: the process answers."`
		Service string `json:"service" example:"FUALab API"`
		Version string `json:"version" example:"v0.1.0"`

		Commit     string `json:"commit,omitempty" example:"0123456789abcdef0123456789abcdef01234567" doc:"The commit of the build; absent if unknown."`
		CommitTime string `json:"commit_time,omitempty" format:"date-time" doc:"Time of that commit, RFC 3339 in UTC; absent if unknown."`
	}
}

type readiness struct {
	Status int
	Body   readinessBody
}

type readinessBody struct {
	Status   string            `json:"status" enum:"ready,degraded,unavailable,draining" doc:"degraded: the API serves, but a part is missing. unavailable and draining answer 503."`
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
	Version string `json:"version" example:"0002.0001" doc:"The newest applied migrations: the platform's, a dot, and the product's."`
	Needed  string `json:"needed" example:"0002.0001" doc:"The migrations that this program needs."`
}

type cacheHealth struct {
	Status string `json:"status" enum:"ok,incoherent,disabled" doc:"incoherent: this instance gets no events of other instances, so its responses may be up to a second old. That alone does not make the API degraded."`
}

type workerHealth struct {
	Status        string      `json:"status" enum:"ok,stale,missing,unknown" doc:"stale: the newest heartbeat is older than its time to live. missing: no worker has a heartbeat."`
	LastHeartbeat *model.Time `json:"last_heartbeat" format:"date-time" nullable:"true"`
	AgeSeconds    *float64    `json:"age_seconds" nullable:"true"`
}

func (h *healthHandlers) register(api *rest.API) {
	for _, path := range []string{"/health", "/api/health"} {
		rest.Handle(api, rest.Operation{Operation: huma.Operation{
			OperationID: id("health", path), Method: http.MethodGet, Path: path, Tags: []string{"Health"},
			Summary:     "Check that the process is alive",
			Description: "Checks no dependency, so that an orchestrator does not kill healthy processes when the database is down.",
		}}, h.health)
	}
	for _, path := range []string{"/ready", "/api/ready"} {
		rest.Handle(api, rest.Operation{Operation: huma.Operation{
			OperationID: id("ready", path), Method: http.MethodGet, Path: path, Tags: []string{"Health"},
			Summary:     "Check that the API can serve, and its dependencies",
			Description: "Answers 503 only if the database is unusable or the process is about to stop. The API is degraded, but serves, if the database refuses writes, if Redis or a worker is missing, or if a task is overdue.",
		}}, h.ready)
		// A response with 503 has the same form.
		responses := api.Document().Paths[path].Get.Responses
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
	out.Body.Status, out.Body.Service, out.Body.Version = "ok", h.service, build.Version
	out.Body.Commit, out.Body.CommitTime = build.Commit, build.CommitTime
	return out, nil
}

func (h *healthHandlers) ready(ctx context.Context, _ *struct{}) (*readiness, error) {
	body := h.look(ctx)
	out := &readiness{Status: http.StatusOK, Body: body}
	switch {
	case h.draining():
		out.Status, out.Body.Status = http.StatusServiceUnavailable, "draining"
	case body.Database.Status != "ok" && !body.Database.ReadOnly() || body.Schema.Version < body.Schema.Needed:
		out.Status, out.Body.Status = http.StatusServiceUnavailable, "unavailable"
	case body.Database.ReadOnly() || body.Redis.Status == "down" || body.Worker.Status != "ok" || body.Tasks.Status == "overdue":
		out.Body.Status = "degraded"
	default:
		out.Body.Status = "ready"
	}
	return out, nil
}

// look returns the state of the parts. The result may come from an earlier
// request and be younger than readyAge. Concurrent requests share one check.
func (h *healthHandlers) look(ctx context.Context) readinessBody {
	h.looking.Lock()
	defer h.looking.Unlock()
	if !h.looked.IsZero() && time.Since(h.looked) < h.readyAge {
		return h.last
	}
	// The checks have their own limits. Other requests need the result, too,
	// even if this client has disconnected.
	ctx = context.WithoutCancel(ctx)
	body := readinessBody{Service: h.service, Version: version.String(), Schema: schemaHealth{Needed: schema.Version}, Cache: h.cacheHealth()}
	var checks sync.WaitGroup
	checks.Go(func() { h.checkDatabase(ctx, &body) })
	checks.Go(func() { body.Redis = health.CheckRedis(ctx, h.redis) })
	checks.Wait()
	if body.Redis.Status == "ok" && h.unpublished != nil && h.unpublished() {
		body.Redis.Status, body.Redis.Error = "down", "answers, but refuses writes: it is full, or a replica; give it memory, or promote it"
	}
	h.journal.Note(ctx, "database", body.Database)
	h.journal.Note(ctx, "redis", body.Redis)
	h.last, h.looked = body, time.Now()
	return body
}

func (h *healthHandlers) cacheHealth() cacheHealth {
	switch {
	case !h.cached:
		return cacheHealth{Status: "disabled"}
	case !h.live.Follows():
		return cacheHealth{Status: "incoherent"}
	}
	return cacheHealth{Status: "ok"}
}

// checkDatabase fills in the state of the database and its schema, of the
// worker by its heartbeat, and of the tasks by their successes.
func (h *healthHandlers) checkDatabase(ctx context.Context, body *readinessBody) {
	body.Worker.Status, body.Tasks = "unknown", tasksHealth{Status: "unknown", Overdue: []overdueTask{}}
	body.Database, body.Schema.Version = health.CheckDatabase(ctx, server{h.db})
	if (body.Database.Status == "ok" || body.Database.ReadOnly()) && schema.Reached(body.Schema.Version, schema.Version) {
		body.Worker, body.Tasks = h.checkWorker(ctx), h.checkTasks(ctx)
	}
}

func (h *healthHandlers) checkWorker(ctx context.Context) workerHealth {
	ctx, cancel := context.WithTimeout(ctx, health.Timeout)
	defer cancel()
	beat, err := LastBeat(ctx, h.db)
	switch {
	case errs.Is(err, errs.NotFound):
		return workerHealth{Status: "missing"}
	case err != nil:
		return workerHealth{Status: "unknown"}
	}
	age := h.now().Sub(beat.Std())
	seconds := float64(age.Milliseconds()) / 1000
	out := workerHealth{Status: "ok", LastHeartbeat: &beat, AgeSeconds: &seconds}
	if age > h.heartbeatTTL {
		out.Status = "stale"
	}
	return out
}
