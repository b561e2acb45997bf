// Package events tells whoever watches the platform what has just happened
// in it, by way of a Redis stream. An event says what to look at again; the
// database says how it is. So an event may come twice, late or not at all,
// and nothing but a screen's freshness suffers.
package events

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/fualab/fualab/shared/model"
)

// Stream is the Redis stream of events, and Field the field of an entry that
// holds the event in JSON. Entries have no other fields.
const (
	Stream = "fualab:events"
	Field  = "event"
)

// Kept is about how many events the stream keeps: a few megabytes, and hours
// of an ordinary day.
const Kept = 10_000

// Type says what happened. Its part before the dot says to what.
type Type string

// The types of events of the platform. A product has its own.
const (
	RunsQueued   Type = "runs.queued"
	RunsStarted  Type = "runs.started"
	RunsProgress Type = "runs.progress"
	RunsFinished Type = "runs.finished" // an attempt has ended; the state says whether another one follows
	RunsChanged  Type = "runs.changed"  // by a person: retried, or asked to stop

	ImportsChanged Type = "imports.changed" // how far one has got, or that it ended

	SchedulesChanged Type = "schedules.changed"

	WorkersJoined Type = "workers.joined"
	WorkersBeat   Type = "workers.beat"
	WorkersLeft   Type = "workers.left"

	// Reset stands for events that were lost: all may have changed.
	Reset Type = "reset"
)

// MostIDs bounds the ids that one event names.
const MostIDs = 100

// Event is one thing that happened.
type Event struct {
	Type Type       `json:"type"`
	At   model.Time `json:"at"`

	// Count is how many rows it happened to, IDs which ones: none if they
	// are more than MostIDs, or if whoever tells does not know.
	Count int64   `json:"count,omitempty"`
	IDs   []int64 `json:"ids,omitempty"`

	// Name is a lone row's, the schedule's, or the worker's instance.
	Name string `json:"name,omitempty"`

	Run    *Run    `json:"run,omitempty"`
	Import *Import `json:"import,omitempty"`
}

// Run is the run that an event is about.
type Run struct {
	ID           int64  `json:"id"`
	Task         string `json:"task"`
	State        string `json:"state"` // as in GET /api/runs/{id}
	Attempt      int    `json:"attempt,omitempty"`
	RowsAffected int64  `json:"rows_affected"`
}

// OfRows returns an event about rows with the given ids. Too many ids are left
// out.
func OfRows(t Type, at model.Time, ids ...int64) Event {
	e := Event{Type: t, At: at, Count: int64(len(ids))}
	if len(ids) <= MostIDs {
		e.IDs = ids
	}
	return e
}

// joined makes one event of several in a row that say the same of rows, as
// many as one may name.
func joined(all []Event) []Event {
	out := all[:0]
	for _, e := range all {
		if n := len(out); n > 0 && out[n-1].joins(e) {
			last := &out[n-1]
			// IDs may belong to whoever published: they are copied, not extended.
			last.IDs = append(slices.Clone(last.IDs), e.IDs...)
			last.Count, last.At, last.Name = last.Count+e.Count, e.At, ""
			continue
		}
		out = append(out, e)
	}
	return out
}

// joins reports whether e and next can be one event.
func (e *Event) joins(next Event) bool {
	named := func(e *Event) bool { return len(e.IDs) > 0 && int64(len(e.IDs)) == e.Count }
	return e.Type == next.Type && named(e) && named(&next) && len(e.IDs)+len(next.IDs) <= MostIDs
}

// Decode reads an entry of the stream.
func Decode(values map[string]any) (Event, error) {
	var e Event
	text, ok := values[Field].(string)
	if !ok {
		return e, fmt.Errorf("decode an event: the entry has no field %q", Field)
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return e, fmt.Errorf("decode an event: %w", err)
	}
	return e, nil
}
