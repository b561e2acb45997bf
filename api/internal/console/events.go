package console

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/errs"
)

// eventPing is how often an open stream gives a sign of life: more often than
// proxies cut what is silent.
const eventPing = 15 * time.Second

type eventHandlers struct {
	live *live.Hub // nil: none
	ping time.Duration
	now  func() time.Time
	api  *rest.API
	Words
}

type eventsInput struct {
	LastEventID string `header:"Last-Event-ID" example:"1763942400000-0" doc:"The id of the last event that came: the stream goes on behind it."`
}

// position returns where the client was, nil for one that was nowhere.
func (in *eventsInput) position() (*live.ID, error) {
	if in.LastEventID == "" {
		return nil, nil //nolint:nilnil // as documented
	}
	id, err := live.ParseID(in.LastEventID)
	if err != nil {
		return nil, errs.InvalidFields(errs.Field{In: "header", Pointer: "Last-Event-ID", Message: "must be the id of an event of this stream, such as 1763942400000-0; leave the header out to begin with what happens now"})
	}
	return &id, nil
}

func (h *eventHandlers) register(api *rest.API) {
	rest.Handle(api, rest.Operation{Scope: auth.Read, Class: rest.Streams, Operation: huma.Operation{
		OperationID: "watch-events", Method: http.MethodGet, Path: "/api/events", Tags: []string{"Events"},
		Summary:     "Watch what happens",
		Description: fmt.Sprintf(eventsDescription, h.Events),
		Responses:   map[string]*huma.Response{"200": eventsResponse(api.Document().Components.Schemas)},
	}}, h.watch)
}

// watch refuses what it has to before the first byte: a stream that has begun
// cannot become a problem.
func (h *eventHandlers) watch(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
	at, err := in.position()
	if err != nil {
		return nil, err
	}
	if h.live == nil {
		return nil, errs.New(errs.Unavailable, "This server runs without Redis, and so without live events. Poll the lists instead, every few seconds.")
	}
	if rest.IsHead(ctx) {
		return &huma.StreamResponse{Body: beginStream}, nil
	}
	watcher, err := h.live.Subscribe(ctx)
	if err != nil {
		return nil, err
	}
	if at != nil {
		watcher.Resume(ctx, *at)
	}
	return &huma.StreamResponse{Body: func(c huma.Context) { //nolint:contextcheck // the stream outlives ctx, the bound of the work before it
		defer watcher.Close()
		beginStream(c)
		r, w := humamux.Unwrap(c)
		h.follow(r.Context(), rest.NewSSE(w), watcher, func() bool { return h.api.Still(r, auth.Read) })
	}}, nil
}

// beginStream sends the headers. The connection closes with the stream, so
// that none is left idle when the server stops.
func beginStream(c huma.Context) {
	for name, value := range map[string]string{
		"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no", "Connection": "close",
	} {
		c.SetHeader(name, value)
	}
	c.SetStatus(http.StatusOK)
}

// follow writes what happens until the client goes, falls behind for longer
// than a write may take, or may not have it any more, or the server stops.
func (h *eventHandlers) follow(ctx context.Context, out *rest.SSE, watcher *live.Subscription, may func() bool) {
	defer out.End()
	if out.Begin() != nil || out.Send(h.hello(watcher)) != nil {
		return
	}
	ping := time.NewTicker(h.ping)
	defer ping.Stop()
	for {
		if news := watcher.Take(); len(news) > 0 && (!may() || out.Send(news...) != nil) {
			return
		}
		select {
		case <-watcher.Ready():
		case <-ping.C:
			if !may() || out.Ping() != nil {
				return
			}
		case <-watcher.Ended():
			return
		case <-ctx.Done():
			return
		}
	}
}

func (h *eventHandlers) hello(watcher *live.Subscription) live.Message {
	var data strings.Builder
	_ = rest.EncodeJSON(&data, helloOf(h.now(), watcher)) // into memory
	return live.Message{ID: watcher.At, Name: helloName, Data: []byte(strings.TrimSuffix(data.String(), "\n"))}
}
