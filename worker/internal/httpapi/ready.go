package httpapi

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/health"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/schema"
	"github.com/fualab/fualab/shared/version"
)

// readiness is the response of /ready. With 200, its status is ready, or
// degraded: the worker works but lacks a part. With 503, it is waiting (for the
// schema), unavailable (no database), stuck or draining.
type readiness struct {
	Status   string            `json:"status"`
	Detail   string            `json:"detail,omitempty"` // if not ready: the missing part, and the cure
	Service  string            `json:"service"`
	Version  string            `json:"version"`
	Instance string            `json:"instance"`
	Schema   schemaHealth      `json:"schema"`
	Database health.Dependency `json:"database"`
	Redis    health.Dependency `json:"redis"`
	Loop     loopHealth        `json:"loop"`
}

type schemaHealth struct {
	Version string `json:"version"` // the newest applied migrations, "" for none
	Needed  string `json:"needed"`
}

type loopHealth struct {
	Status   string      `json:"status"`    // ok, waiting or stuck
	LastTurn *model.Time `json:"last_turn"` // time of the last completed turn; null before the first
	LagMS    float64     `json:"lag_ms"`    // delay of the last turn
}

// ready answers whether the worker can work, with the state of its
// dependencies.
func (h *handlers) ready(w http.ResponseWriter, r *http.Request) {
	status, body := h.checkAll(r.Context())
	writeJSON(w, "application/json", status, body)
}

func (h *handlers) checkAll(ctx context.Context) (status int, out readiness) {
	out = readiness{
		Service: h.Service, Version: version.String(), Instance: h.Instance,
		Schema: schemaHealth{Needed: schema.Version}, Loop: h.checkLoop(),
	}
	var missing error // the error of the schema
	var checks sync.WaitGroup
	checks.Go(func() { missing = h.checkDatabase(ctx, &out) })
	checks.Go(func() { out.Redis = health.CheckRedis(ctx, h.Redis) })
	checks.Wait()
	h.journal.Note(ctx, "database", out.Database)
	h.journal.Note(ctx, "redis", out.Redis)

	status = http.StatusServiceUnavailable
	switch {
	case h.Draining():
		out.Status, out.Detail = "draining", "The worker is about to stop."
	case out.Database.ReadOnly():
		out.Status, out.Detail = "unavailable", "The database refuses writes. The worker continues when it accepts them."
	case out.Database.Status != "ok":
		out.Status, out.Detail = "unavailable", "The database is unusable. The worker continues when it answers."
	case missing != nil:
		out.Status, out.Detail = "waiting", message(missing)
	case out.Loop.Status == "waiting":
		out.Status, out.Detail = "waiting", "The loop is about to begin."
	case out.Loop.Status == "stuck":
		out.Status, out.Detail = "stuck", "The loop does not advance. Restart the worker; its log may have the cause."
	case out.Redis.Status == "down":
		status, out.Status = http.StatusOK, "degraded"
	default:
		status, out.Status = http.StatusOK, "ready"
	}
	return status, out
}

func (h *handlers) checkLoop() loopHealth {
	progress := h.Loop.Progress()
	out := loopHealth{Status: "ok", LagMS: milliseconds(progress.Lag)}
	if !progress.LastTurn.IsZero() {
		last := model.NewTime(progress.LastTurn)
		out.LastTurn = &last
	}
	switch {
	case !progress.Begun():
		out.Status = "waiting"
	case !h.Loop.Healthy(h.Now()):
		out.Status = "stuck"
	}
	return out
}

// checkDatabase fills in the state of the database. It returns an error if the
// schema is not the needed one.
func (h *handlers) checkDatabase(ctx context.Context, out *readiness) error {
	out.Database, out.Schema.Version = health.CheckDatabase(ctx, store{h.DB})
	if out.Database.Status != "ok" || schema.Reached(out.Schema.Version, schema.Version) {
		return nil
	}
	return schema.Check(ctx, h.DB)
}

// message is the part of err for the client.
func message(err error) string {
	var known *errs.Error
	if errors.As(err, &known) {
		return known.Message
	}
	return "The schema is unreadable; the log has the cause."
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
