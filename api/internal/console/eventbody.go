package console

import (
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/version"
)

const eventsDescription = `Server-sent events (WHATWG HTML, section 9.2), as a browser's EventSource reads them. An event says what to read again;
it may come twice, late or, if Redis loses it, not at all.

The first one is ` + "`hello`" + `. Events follow, each under the name of its type: %sruns.queued, .started, .progress, .finished and .changed, imports.changed, schedules.changed, workers.joined, .beat and .left.
After ` + "`reset`" + ` anything may have changed: events are missing, so read again whatever is shown. ` + "`status`" + ` tells that Redis was lost, and with it
what happens meanwhile, or that it is back; a reset follows then. Leave out names that you do not know: there will be more.
A comment comes every 15 seconds, so a stream that is silent for longer is broken.

A client that comes back with Last-Event-ID gets what it has missed, in order and without a gap; or one reset, if that is no longer
known or too much. Without Redis, and when too many clients watch, the answer is 503: poll the lists instead.`

const helloName = "hello"

// streamHelloBody is the data of the first event.
type streamHelloBody struct {
	At      model.Time `json:"at" format:"date-time" doc:"The server's time."`
	Live    bool       `json:"live" doc:"Whether events arrive. If not, a later status event reports the change."`
	Version string     `json:"version" example:"v0.1.0" doc:"The API's version, as in /health."`
}

// streamStatusBody documents live.Status.
type streamStatusBody struct {
	Live bool `json:"live" doc:"Whether events arrive. A reset follows after true."`
}

func helloOf(now time.Time, watcher *live.Subscription) streamHelloBody {
	return streamHelloBody{At: model.NewTime(now), Live: watcher.Live, Version: version.String()}
}

// eventBody documents an event, which is sent as events.Event.
type eventBody struct {
	Type   events.Type    `json:"type" doc:"The kind of change; before the dot, the kind of record."`
	At     model.Time     `json:"at" format:"date-time"`
	Count  int64          `json:"count,omitempty" doc:"Number of changed records; absent for 0."`
	IDs    []int64        `json:"ids,omitempty" maxItems:"100" doc:"Ids of the changed records; absent if unknown or more than 100."`
	Name   string         `json:"name,omitempty" doc:"Name of a single record, of the schedule, or of the worker's instance."`
	Run    *events.Run    `json:"run,omitempty" doc:"The run of the event."`
	Import *events.Import `json:"import,omitempty" doc:"The import of the event, with its progress."`
}

// The document and the sent events have the same fields.
var (
	_ = eventBody(events.Event{})
	_ = streamStatusBody(live.Status{})
)

// eventsResponse documents the stream as a list of events with their fields.
func eventsResponse(schemas huma.Registry) *huma.Response {
	text := &huma.Schema{Type: huma.TypeString}
	event := func(name *huma.Schema, data any, fields ...string) *huma.Schema {
		s := &huma.Schema{Type: huma.TypeObject, Required: append(fields, "event", "data"), Properties: map[string]*huma.Schema{
			"event": name, "data": schemas.Schema(reflect.TypeOf(data), true, ""),
		}}
		for _, f := range fields {
			s.Properties[f] = text
		}
		return s
	}
	named := func(name string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Enum: []any{name}} }
	return &huma.Response{
		Description: "The stream. It continues until the client disconnects or the server stops. Then reconnect.",
		Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{
			Type: huma.TypeArray, Description: "The events in order. data is JSON in one line. id is the value for Last-Event-ID.",
			Items: &huma.Schema{OneOf: []*huma.Schema{
				event(named(helloName), streamHelloBody{}, "id"),
				event(named(live.StatusName), streamStatusBody{}),
				event(&huma.Schema{Type: huma.TypeString, Description: "The event's type."}, eventBody{}, "id"),
			}},
		}}},
	}
}
