package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/keyset"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

const runsPath = "/api/runs"

type runHandlers struct {
	store   *runStore
	example string             // name of a task
	publish func(events.Event) // after the commit of any change
	now     func() time.Time
}

type runsInput struct {
	Limit  int      `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Maximum number of runs in a page."`
	Cursor string   `query:"cursor" maxLength:"2000" doc:"From a Link header: opaque, and only valid with the same filters."`
	Task   []string `query:"task,explode" maxItems:"100" doc:"Only runs of this task. Repeat the parameter, or use commas, for several tasks."`
	State  string   `query:"state" enum:"available,cancelled,completed,discarded,pending,retryable,running,scheduled" doc:"Only runs in this state."`
}

type runsOutput struct {
	Link string `header:"Link" doc:"rel=next, if there are older runs (RFC 8288)."`
	Body []runBody
}

type runInput struct {
	ID int64 `path:"id" doc:"The run's id."`
}

type runOutput struct {
	Location string `header:"Location" doc:"The address of the new run."`
	Body     runBody
}

func (h *runHandlers) register(api *rest.API) {
	const list, one = runsPath, runsPath + "/{id}"
	tags := []string{"Runs"}
	rest.Handle(api, rest.Operation{Scope: auth.Read, Operation: huma.Operation{
		OperationID: "list-runs", Method: http.MethodGet, Path: list, Tags: tags,
		Summary: "List runs, newest first", Description: "A client that pages sees each run that stays exactly once, whatever is added meanwhile. Ended runs are kept for some time.",
	}}, h.list)
	rest.Handle(api, rest.Operation{Scope: auth.Read, Operation: huma.Operation{
		OperationID: "get-run", Method: http.MethodGet, Path: one, Tags: tags,
		Summary: "Get a run", Errors: []int{404},
	}}, h.get)
	rest.Handle(api, rest.Operation{Scope: auth.Admin, Operation: huma.Operation{
		OperationID: "retry-run", Method: http.MethodPost, Path: one + "/retry", Tags: tags,
		Summary: "Retry a run", Description: "Puts an ended run back into the queue, with one more attempt if none was left. Answers 409 for any other run.", Errors: []int{404, 409},
	}}, h.retry)
	rest.Handle(api, rest.Operation{Scope: auth.Admin, Operation: huma.Operation{
		OperationID: "cancel-run", Method: http.MethodPost, Path: one + "/cancel", Tags: tags,
		Summary: "Cancel a run", Description: "Cancels a waiting run at once. A running one is asked to stop, as cancel_requested in the response shows, and may still complete. Answers 409 for an ended run.", Errors: []int{404, 409},
	}}, h.cancel)
}

func (h *runHandlers) list(ctx context.Context, in *runsInput) (*runsOutput, error) {
	page, err := in.page(h.example)
	if err != nil {
		return nil, err
	}
	jobs, more, err := h.store.Runs(ctx, page)
	if err != nil {
		return nil, err
	}
	out := &runsOutput{Body: runBodies(jobs)}
	if more {
		at := keyset.Page{Order: byID, Limit: in.Limit}
		out.Link = at.Links(runsPath, in.query(), keyset.Position{}, keyset.Position{ID: jobs[len(jobs)-1].ID}, more)[0]
	}
	return out, nil
}

func (h *runHandlers) get(ctx context.Context, in *runInput) (*runOutput, error) {
	job, err := h.store.Run(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &runOutput{Body: runBodyOf(job)}, nil
}

func (h *runHandlers) retry(ctx context.Context, in *runInput) (*runOutput, error) {
	job, err := h.store.RetryRun(ctx, in.ID)
	return h.changed(ctx, job, err)
}

func (h *runHandlers) cancel(ctx context.Context, in *runInput) (*runOutput, error) {
	job, err := h.store.CancelRun(ctx, in.ID)
	return h.changed(ctx, job, err)
}

// changed answers with a run that a user has changed.
func (h *runHandlers) changed(ctx context.Context, job *runs.Run, err error) (*runOutput, error) {
	if err != nil {
		return nil, err
	}
	tx.AfterCommit(ctx, func() {
		h.publish(events.OfRun(events.RunsChanged, model.NewTime(h.now()), job))
	})
	return &runOutput{Body: runBodyOf(job)}, nil
}

// page checks and converts the query.
func (in *runsInput) page(example string) (runPage, error) {
	page := runPage{Tasks: in.tasks(), State: runs.State(in.State), Limit: in.Limit}
	for _, task := range page.Tasks {
		if !taskName(task) {
			return page, errs.InvalidFields(errs.Field{In: "query", Pointer: "task", Message: "must be the name of a task, such as " + example})
		}
	}
	at, err := byID.Position(in.Cursor, in.query())
	if err != nil {
		return page, errs.InvalidFields(errs.Field{In: "query", Pointer: "cursor", Message: err.Error()})
	}
	if at != nil {
		page.Before = at.ID
	}
	return page, nil
}

// byID is the order of runs.
var byID = keyset.Order{Column: keyset.ID, Descending: true}

// tasks returns the tasks of the query, sorted and without repetition.
func (in *runsInput) tasks() []string {
	tasks := slices.Sorted(strings.SplitSeq(strings.Join(in.Task, ","), ","))
	return slices.DeleteFunc(slices.Compact(tasks), func(task string) bool { return task == "" })
}

// taskName reports whether name is valid for a task: printable ASCII, within
// the length of River's kinds.
func taskName(name string) bool {
	return len(name) < 128 && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' })
}

// query returns the filters, to which a cursor is bound.
func (in *runsInput) query() url.Values {
	q := url.Values{}
	if tasks := in.tasks(); len(tasks) > 0 {
		q["task"] = tasks
	}
	if in.State != "" {
		q.Set("state", in.State)
	}
	return q
}
