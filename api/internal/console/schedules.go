package console

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
)

type scheduleHandlers struct {
	store   *scheduleStore
	runs    *runStore
	publish func(events.Event) // after the commit of any change
	now     func() time.Time
}

type schedulesOutput struct {
	Body []scheduleBody
}

type scheduleOutput struct {
	Body scheduleBody
}

type scheduleInput struct {
	Name string `path:"name" doc:"The schedule's name, which is its task's name."`
}

type schedulePatchInput struct {
	Name string        `path:"name" doc:"The schedule's name, which is its task's name."`
	Body schedulePatch `contentType:"application/merge-patch+json"`
}

func (h *scheduleHandlers) register(api *rest.API) {
	const list, one = "/api/schedules", "/api/schedules/{name}"
	tags := []string{"Schedules"}
	rest.Handle(api, rest.Operation{Scope: auth.Read, Operation: huma.Operation{
		OperationID: "list-schedules", Method: http.MethodGet, Path: list, Tags: tags,
		Summary: "List the schedules by name", Description: "One for each task that a worker has declared.",
	}}, h.list)
	rest.Handle(api, rest.Operation{Scope: auth.Read, Operation: huma.Operation{
		OperationID: "get-schedule", Method: http.MethodGet, Path: one, Tags: tags,
		Summary: "Get a schedule", Errors: []int{404},
	}}, h.get)
	rest.Handle(api, rest.Operation{Scope: auth.Admin, Operation: huma.Operation{
		OperationID: "patch-schedule", Method: http.MethodPatch, Path: one, Tags: tags,
		Summary:      "Change, pause or resume a schedule",
		Description:  "A JSON Merge Patch (RFC 7396). After a new cron or time zone, and after resuming, the next due time is after now. Later releases keep the changes.",
		MaxBodyBytes: rest.MaxBody, Errors: []int{400, 404, 413, 415},
	}}, h.patch)
	rest.Handle(api, rest.Operation{Scope: auth.Admin, Operation: huma.Operation{
		OperationID: "start-run", Method: http.MethodPost, Path: one + "/runs", Tags: tags, DefaultStatus: http.StatusAccepted,
		Summary: "Run the task now", Description: "Starts an additional run. The schedule does not change, and may be paused.", Errors: []int{404},
	}}, h.start)
}

func (h *scheduleHandlers) list(ctx context.Context, _ *struct{}) (*schedulesOutput, error) {
	schedules, err := h.store.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	bodies, err := h.bodies(ctx, schedules...)
	return &schedulesOutput{Body: bodies}, err
}

func (h *scheduleHandlers) get(ctx context.Context, in *scheduleInput) (*scheduleOutput, error) {
	schedule, err := h.store.Schedule(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	return h.answer(ctx, schedule)
}

func (h *scheduleHandlers) patch(ctx context.Context, in *schedulePatchInput) (*scheduleOutput, error) {
	// All reads come before the change. After it, no failed read may suggest
	// that the change failed.
	before, err := h.get(ctx, &scheduleInput{in.Name})
	if err != nil {
		return nil, err
	}
	schedule, err := h.store.UpdateSchedule(ctx, in.Name, in.Body.apply)
	if err != nil {
		return nil, err
	}
	tx.AfterCommit(ctx, func() {
		h.publish(events.Event{Type: events.SchedulesChanged, At: schedule.UpdatedAt, Name: schedule.Name})
	})
	after := scheduleBodyOf(schedule, nil)
	after.LastRun = before.Body.LastRun
	return &scheduleOutput{Body: after}, nil
}

func (h *scheduleHandlers) start(ctx context.Context, in *scheduleInput) (*runOutput, error) {
	run, err := h.runs.StartRun(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	tx.AfterCommit(ctx, func() {
		h.publish(events.OfRun(events.RunsQueued, model.NewTime(h.now()), run))
	})
	return &runOutput{Location: fmt.Sprintf("/api/runs/%d", run.ID), Body: runBodyOf(run)}, nil
}

func (h *scheduleHandlers) answer(ctx context.Context, schedule *model.Schedule) (*scheduleOutput, error) {
	bodies, err := h.bodies(ctx, schedule)
	if err != nil {
		return nil, err
	}
	return &scheduleOutput{Body: bodies[0]}, nil
}

// bodies adds the last run to each schedule.
func (h *scheduleHandlers) bodies(ctx context.Context, schedules ...*model.Schedule) ([]scheduleBody, error) {
	names := make([]string, len(schedules))
	for i, s := range schedules {
		names[i] = s.Name
	}
	last, err := h.runs.LastRuns(ctx, names...)
	if err != nil {
		return nil, err
	}
	bodies := make([]scheduleBody, len(schedules))
	for i, s := range schedules {
		bodies[i] = scheduleBodyOf(s, last[s.Name])
	}
	return bodies, nil
}
