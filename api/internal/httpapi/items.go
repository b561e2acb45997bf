package httpapi

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/store"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// Bounds of a request's body, in bytes. huma refuses a body that reaches its
// bound, hence one more than the largest that is accepted.
const (
	maxBody      = 1<<20 + 1
	maxBatchBody = 8<<20 + 1
)

type itemHandlers struct {
	store   *store.Store
	cache   *cache.Cache
	nudge   func(ctx context.Context, task string) // after the commit of what needs enrichment
	publish func(events.Event)                     // after the commit of any change
}

// tell publishes what has happened to items, which are at least one. Whoever
// hears of it reads it as it is now.
func (h *itemHandlers) tell(what events.Type, items ...*model.Item) {
	ids := make([]int64, len(items))
	for i, item := range items {
		ids[i] = item.ID
	}
	h.cache.Invalidate(ids...)
	event := events.Items(what, items[0].UpdatedAt, ids...)
	if len(items) == 1 {
		event.Name = items[0].Name
	}
	h.publish(event)
}

// unsure returns err, after which nobody knows whether items have changed,
// unless it says that they have not: the answer to a commit may be lost.
func (h *itemHandlers) unsure(err error, ids ...int64) error {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.NotFound, errs.PreconditionFailed:
	default:
		h.cache.Invalidate(ids...)
	}
	return err
}

// huma reads these structs by reflection, which does not reach into embedded
// ones; hence the repeated fields.

type itemOutput struct {
	Status   int
	Location string `header:"Location" doc:"Of a new item."`
	ETag     string `header:"ETag" doc:"The item's version: for If-Match and If-None-Match."`
	Body     encodedItem
}

type itemsOutput struct {
	Body []itemBody `doc:"The new items, in the order of the request."`
}

type createInput struct {
	Body itemCreate
}

type batchInput struct {
	Body []itemCreate `minItems:"1" maxItems:"1000"`
}

type getInput struct {
	ID          int64  `path:"id" doc:"The item's id."`
	IfNoneMatch string `header:"If-None-Match" doc:"ETags that the client has; 304 if one of them is current."`
}

type patchInput struct {
	ID      int64     `path:"id" doc:"The item's id."`
	IfMatch string    `header:"If-Match" doc:"Go ahead only if the item is still at one of these ETags; 412 otherwise."`
	Body    itemPatch `contentType:"application/merge-patch+json"`
}

type deleteInput struct {
	ID      int64  `path:"id" doc:"The item's id."`
	IfMatch string `header:"If-Match" doc:"Go ahead only if the item is still at one of these ETags; 412 otherwise."`
}

type restoreInput struct {
	ID int64 `path:"id" doc:"The item's id."`
}

func (h *itemHandlers) register(o operations) {
	const list, one = itemsPath, itemPath
	tags := []string{"Items"}
	handle(o, huma.Operation{
		OperationID: "create-item", Method: http.MethodPost, Path: list, Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Create an item", MaxBodyBytes: maxBody, Errors: []int{400, 413, 415},
	}, h.create)
	handle(o, huma.Operation{
		OperationID: "create-items", Method: http.MethodPost, Path: list + "/batch", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Create up to 1000 items, all or none", MaxBodyBytes: maxBatchBody, BodyReadTimeout: bodyTimeout, Errors: []int{400, 413, 415},
	}, h.createBatch)
	handle(o, huma.Operation{
		OperationID: "list-items", Method: http.MethodGet, Path: list, Tags: tags,
		Summary: "List items", Description: "A page costs the same however deep it lies. Items that stand while a client pages are seen exactly once, whatever others insert or delete.",
	}, h.list)
	handle(o, huma.Operation{
		OperationID: "get-item", Method: http.MethodGet, Path: one, Tags: tags,
		Summary: "Get an item", Errors: []int{404},
		Responses: map[string]*huma.Response{"304": {Description: "The client's copy is current"}},
	}, h.get)
	handle(o, huma.Operation{
		OperationID: "patch-item", Method: http.MethodPatch, Path: one, Tags: tags,
		Summary:      "Change an item",
		Description:  "A JSON Merge Patch (RFC 7396): absent fields stay, null takes away, attributes merge.",
		MaxBodyBytes: maxBody, Errors: []int{400, 404, 409, 412, 413, 415},
	}, h.patch)
	handle(o, huma.Operation{
		OperationID: "delete-item", Method: http.MethodDelete, Path: one, Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Delete an item", Description: "It can be restored until the worker purges it, after 30 days unless configured otherwise.", Errors: []int{404, 412},
	}, h.delete)
	handle(o, huma.Operation{
		OperationID: "restore-item", Method: http.MethodPost, Path: one + "/restore", Tags: tags,
		Summary: "Restore a deleted item", Description: "As its next version. An item that is not deleted is answered as it is; 404 for one that never was or has been purged, 409 if another item has its external_id by now.", Errors: []int{404},
	}, h.restore)
}

func (h *itemHandlers) create(ctx context.Context, in *createInput) (*itemOutput, error) {
	fields, faults := in.Body.fields("")
	if len(faults) > 0 {
		return nil, errs.InvalidFields(faults...)
	}
	item, err := h.store.CreateItem(ctx, fields)
	if err != nil {
		return nil, h.unsure(err)
	}
	h.store.AfterCommit(ctx, func() {
		h.nudge(ctx, runs.EnrichTask)
		h.tell(events.ItemsCreated, item)
	})
	out, err := itemOutputOf(http.StatusCreated, item)
	out.Location = fmt.Sprintf("/api/items/%d", item.ID)
	return out, err
}

func (h *itemHandlers) createBatch(ctx context.Context, in *batchInput) (*itemsOutput, error) {
	fields := make([]model.ItemFields, len(in.Body))
	var faults []errs.Field
	for i := range in.Body {
		f, wrong := in.Body[i].fields(fmt.Sprintf("/%d", i))
		fields[i], faults = f, append(faults, wrong...)
	}
	if len(faults) > 0 {
		return nil, errs.InvalidFields(faults...)
	}
	items, err := h.store.CreateItems(ctx, fields...)
	if err != nil {
		return nil, h.unsure(err)
	}
	h.store.AfterCommit(ctx, func() {
		h.nudge(ctx, runs.EnrichTask)
		h.tell(events.ItemsCreated, items...)
	})
	return &itemsOutput{Body: itemBodies(items)}, nil
}

func (h *itemHandlers) get(ctx context.Context, in *getInput) (*itemOutput, error) {
	entry, err := load(ctx, h.cache, h.reader(in.ID))
	if err != nil {
		return nil, err
	}
	out := itemOutputOfEntry(http.StatusOK, entry)
	if noneMatch(in.IfNoneMatch, entry.ETag) {
		out.Status = http.StatusNotModified
	}
	return out, nil
}

// reader returns what reads an item.
func (h *itemHandlers) reader(id int64) func(context.Context) (*cache.Entry, error) {
	return func(ctx context.Context) (*cache.Entry, error) {
		item, err := h.store.Item(ctx, id)
		if err != nil {
			return nil, err
		}
		return entryOf(item)
	}
}

func (h *itemHandlers) patch(ctx context.Context, in *patchInput) (*itemOutput, error) {
	item, err := h.store.UpdateItem(ctx, in.ID, func(item *model.Item) (model.ItemFields, error) {
		if err := requireMatch(in.IfMatch, item); err != nil {
			return model.ItemFields{}, err
		}
		return in.Body.apply(item.Fields())
	})
	if err != nil {
		return nil, h.unsure(err, in.ID)
	}
	h.nudge(ctx, runs.EnrichTask)
	h.tell(events.ItemsUpdated, item)
	return itemOutputOf(http.StatusOK, item)
}

func (h *itemHandlers) delete(ctx context.Context, in *deleteInput) (*struct{}, error) {
	item, err := h.store.DeleteItem(ctx, in.ID, func(item *model.Item) error {
		return requireMatch(in.IfMatch, item)
	})
	if err != nil {
		return nil, h.unsure(err, in.ID)
	}
	h.tell(events.ItemsDeleted, item)
	return nil, nil //nolint:nilnil // 204 has no body
}

func (h *itemHandlers) restore(ctx context.Context, in *restoreInput) (*itemOutput, error) {
	item, restored, err := h.store.RestoreItem(ctx, in.ID)
	if err != nil {
		return nil, h.unsure(err, in.ID)
	}
	if restored {
		h.store.AfterCommit(ctx, func() {
			h.nudge(ctx, runs.EnrichTask)
			h.tell(events.ItemsRestored, item)
		})
	}
	return itemOutputOf(http.StatusOK, item)
}
