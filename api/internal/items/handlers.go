package items

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/epoch"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/items"
)

type itemHandlers struct {
	store   *Store
	epochs  *epoch.Reader
	cache   *cache.Cache
	nudge   func(ctx context.Context, task string) // after the commit of what needs enrichment
	publish func(events.Event)                     // after the commit of any change
	log     *slog.Logger
}

// tell publishes what has happened to items, which are at least one. Whoever
// hears of it reads it as it is now.
func (h *itemHandlers) tell(what events.Type, items ...*items.Item) {
	ids := make([]int64, len(items))
	for i, item := range items {
		ids[i] = item.ID
	}
	h.cache.Invalidate(Kind, ids...)
	event := events.OfRows(what, items[0].UpdatedAt, ids...)
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
		h.cache.Invalidate(Kind, ids...)
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
	IfMatch     string `header:"If-Match" doc:"Answer only if the item is still at one of these ETags; 412 otherwise."`
	IfNoneMatch string `header:"If-None-Match" doc:"ETags that the client has; 304 if one of them is current."`
}

type patchInput struct {
	ID          int64     `path:"id" doc:"The item's id."`
	IfMatch     string    `header:"If-Match" doc:"Go ahead only if the item is still at one of these ETags; 412 otherwise."`
	IfNoneMatch string    `header:"If-None-Match" doc:"Go ahead only if the item is at none of these ETags; 412 otherwise."`
	Body        itemPatch `contentType:"application/merge-patch+json"`
}

type deleteInput struct {
	ID          int64  `path:"id" doc:"The item's id."`
	IfMatch     string `header:"If-Match" doc:"Go ahead only if the item is still at one of these ETags; 412 otherwise."`
	IfNoneMatch string `header:"If-None-Match" doc:"Go ahead only if the item is at none of these ETags; 412 otherwise."`
}

type restoreInput struct {
	ID int64 `path:"id" doc:"The item's id."`
}

func (h *itemHandlers) register(api *rest.API) {
	const list, one = itemsPath, itemPath
	tags := []string{"Items"}
	api.Cached(rest.Resource{Kind: Kind, Noun: "item", Path: list, Scope: auth.Read, Read: h.read})
	conditional := rest.Preconditions("item", h.log, h.version)
	rest.Handle(api, rest.Operation{Scope: auth.Write, Operation: huma.Operation{
		OperationID: "create-item", Method: http.MethodPost, Path: list, Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Create an item", MaxBodyBytes: rest.MaxBody, Errors: []int{400, 413, 415},
	}}, h.create)
	rest.Handle(api, rest.Operation{Scope: auth.Write, Class: rest.Costly, Operation: huma.Operation{
		OperationID: "create-items", Method: http.MethodPost, Path: list + "/batch", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Create up to 1000 items, all or none", MaxBodyBytes: rest.MaxBatchBody, BodyReadTimeout: rest.BatchTimeout, Errors: []int{400, 413, 415},
	}}, h.createBatch)
	rest.Handle(api, rest.Operation{Scope: auth.Read, Class: rest.Costly, Counts: rest.SearchOrTotal, Operation: huma.Operation{
		OperationID: "list-items", Method: http.MethodGet, Path: list, Tags: tags,
		Summary: "List items", Description: "A page costs the same however deep it lies. Items that stand while a client pages are seen exactly once, whatever others insert or delete.",
	}}, h.list)
	rest.Handle(api, rest.Operation{Scope: auth.Read, Operation: huma.Operation{
		OperationID: "get-item", Method: http.MethodGet, Path: one, Tags: tags,
		Summary: "Get an item", Errors: []int{404, 412},
		Responses: map[string]*huma.Response{"304": {Description: "The client's copy is current"}},
	}}, h.get)
	rest.Handle(api, rest.Operation{Scope: auth.Write, Operation: huma.Operation{
		OperationID: "patch-item", Method: http.MethodPatch, Path: one, Tags: tags,
		Summary:      "Change an item",
		Description:  "A JSON Merge Patch (RFC 7396): absent fields stay, null takes away, attributes merge.",
		MaxBodyBytes: rest.MaxBody, Middlewares: conditional, Errors: []int{400, 404, 409, 412, 413, 415},
	}}, h.patch)
	rest.Handle(api, rest.Operation{Scope: auth.Write, Operation: huma.Operation{
		OperationID: "delete-item", Method: http.MethodDelete, Path: one, Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Delete an item", Description: "It can be restored until the worker purges it, after 30 days unless configured otherwise.", Middlewares: conditional, Errors: []int{404, 412},
	}}, h.delete)
	rest.Handle(api, rest.Operation{Scope: auth.Write, Operation: huma.Operation{
		OperationID: "restore-item", Method: http.MethodPost, Path: one + "/restore", Tags: tags,
		Summary: "Restore a deleted item", Description: "As its next version. An item that is not deleted is answered as it is; 404 for one that never was or has been purged, 409 if another item has its external_id by now.", Errors: []int{404},
	}}, h.restore)
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
	tx.AfterCommit(ctx, func() {
		h.nudge(ctx, items.EnrichTask)
		h.tell(items.EventCreated, item)
	})
	out, err := itemOutputOf(http.StatusCreated, item, h.epochs.Epoch(ctx))
	out.Location = fmt.Sprintf("/api/items/%d", item.ID)
	return out, err
}

func (h *itemHandlers) createBatch(ctx context.Context, in *batchInput) (*itemsOutput, error) {
	fields := make([]items.Fields, len(in.Body))
	var faults []errs.Field
	for i := range in.Body {
		f, wrong := in.Body[i].fields(fmt.Sprintf("/%d", i))
		fields[i], faults = f, append(faults, wrong...)
	}
	if len(faults) > 0 {
		return nil, errs.InvalidFields(faults...)
	}
	some, err := h.store.CreateItems(ctx, fields...)
	if err != nil {
		return nil, h.unsure(err)
	}
	tx.AfterCommit(ctx, func() {
		h.nudge(ctx, items.EnrichTask)
		h.tell(items.EventCreated, some...)
	})
	return &itemsOutput{Body: itemBodies(some)}, nil
}

func (h *itemHandlers) get(ctx context.Context, in *getInput) (*itemOutput, error) {
	entry, err := h.read(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := itemOutputOfEntry(http.StatusOK, entry)
	if !rest.Match(in.IfMatch, entry.ETag) {
		return nil, errs.Changed("item")
	}
	if rest.NoneMatch(in.IfNoneMatch, entry.ETag) {
		out.Status = http.StatusNotModified
	}
	return out, nil
}

// read returns an item as the cache holds it.
func (h *itemHandlers) read(ctx context.Context, id int64) (*cache.Entry, error) {
	item, err := h.store.Item(ctx, id)
	if err != nil {
		return nil, err
	}
	return entryOf(item, h.epochs.Epoch(ctx))
}

// version returns the version of an item, for its preconditions.
func (h *itemHandlers) version(ctx context.Context, id int64) (cache.Version, error) {
	item, err := h.store.Item(ctx, id)
	if err != nil {
		return cache.Version{}, err
	}
	return versionOf(item, h.epochs.Epoch(ctx)), nil
}

func (h *itemHandlers) patch(ctx context.Context, in *patchInput) (*itemOutput, error) {
	epoch := h.epochs.Epoch(ctx) // a statement, if there is one, before the transaction
	item, err := h.store.UpdateItem(ctx, in.ID, func(item *items.Item) (items.Fields, error) {
		if err := (rest.Conditions{IfMatch: in.IfMatch, IfNoneMatch: in.IfNoneMatch}).ForChange("item", versionOf(item, epoch)); err != nil {
			return items.Fields{}, err
		}
		return in.Body.apply(item.Fields())
	})
	if err != nil {
		return nil, h.unsure(err, in.ID)
	}
	tx.AfterCommit(ctx, func() {
		h.nudge(ctx, items.EnrichTask)
		h.tell(items.EventUpdated, item)
	})
	return itemOutputOf(http.StatusOK, item, h.epochs.Epoch(ctx))
}

func (h *itemHandlers) delete(ctx context.Context, in *deleteInput) (*struct{}, error) {
	epoch := h.epochs.Epoch(ctx)
	item, err := h.store.DeleteItem(ctx, in.ID, func(item *items.Item) error {
		return rest.Conditions{IfMatch: in.IfMatch, IfNoneMatch: in.IfNoneMatch}.ForChange("item", versionOf(item, epoch))
	})
	if err != nil {
		return nil, h.unsure(err, in.ID)
	}
	tx.AfterCommit(ctx, func() { h.tell(items.EventDeleted, item) })
	return nil, nil //nolint:nilnil // 204 has no body
}

func (h *itemHandlers) restore(ctx context.Context, in *restoreInput) (*itemOutput, error) {
	item, restored, err := h.store.RestoreItem(ctx, in.ID)
	if err != nil {
		return nil, h.unsure(err, in.ID)
	}
	if restored {
		tx.AfterCommit(ctx, func() {
			h.nudge(ctx, items.EnrichTask)
			h.tell(items.EventRestored, item)
		})
	}
	return itemOutputOf(http.StatusOK, item, h.epochs.Epoch(ctx))
}
