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

// eventPing is the time between two pings on an open stream. It is shorter than
// the idle timeout of proxies.
const eventPing = 15 * time.Second

type eventHandlers struct {
	live *live.Hub // nil: none
	ping time.Duration
	now  func() time.Time
	api  *rest.API
	Words
}

type eventsInput struct {
	LastEventID string `header:"Last-Event-ID" example:"1763942400000-0" doc:"The id of the last received event: the stream continues after it."`
}

// position returns the client's last position, or nil for a new client.
func (in *eventsInput) position() (*live.ID, error) {
	if in.LastEventID == "" {
		return nil, nil //nolint:nilnil // as documented
	}
	id, err := live.ParseID(in.LastEventID)
	if err != nil {
		return nil, errs.InvalidFields(errs.Field{In: "header", Pointer: "Last-Event-ID", Message: "must be the id of an event of this stream, such as 1763942400000-0; omit the header to begin with new events"})
	}
	return &id, nil
}

func (h *eventHandlers) register(api *rest.API) {
	rest.Handle(api, rest.Operation{Scope: auth.Read, Class: rest.Streams, Operation: huma.Operation{
		OperationID: "watch-events", Method: http.MethodGet, Path: "/api/events", Tags: []string{"Events"},
		Summary:     "Subscribe to events",
		Description: fmt.Sprintf(eventsDescription, h.Events),
		Responses:   map[string]*huma.Response{"200": eventsResponse(api.Document().Components.Schemas)},
	}}, h.watch)
}

// watch makes all refusals before the first byte, because a stream that has
// begun cannot become a problem.
func (h *eventHandlers) watch(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
	at, err := in.position()
	if err != nil {
		return nil, err
	}
	if h.live == nil {
		return nil, errs.New(errs.Unavailable, "This server runs without Redis, so it has no live events. Poll the lists every few seconds instead.")
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
	return &huma.StreamResponse{Body: func(c huma.Context) { //nolint:contextcheck // the stream outlives ctx, which limits the work before it
		defer watcher.Close()
		beginStream(c)
		r, w := humamux.Unwrap(c)
		h.follow(r.Context(), rest.NewSSE(w), watcher, func() bool { return h.api.Still(r, auth.Read) })
	}}, nil
}

// beginStream sends the headers. The connection closes with the stream, so that
// no idle connection remains when the server stops.
func beginStream(c huma.Context) {
	for name, value := range map[string]string{
		"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no", "Connection": "close",
	} {
		c.SetHeader(name, value)
	}
	c.SetStatus(http.StatusOK)
}

// follow writes events until the stream ends: the client disconnects or is too
// slow for a write, its right to read ends, or the server stops.
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
	_ = rest.EncodeJSON(&data, helloOf(h.now(), watcher)) // in memory
	return live.Message{ID: watcher.At, Name: helloName, Data: []byte(strings.TrimSuffix(data.String(), "\n"))}
}
