// Package events notifies subscribers of changes by way of a Redis stream. An
// event names the changed rows; their state is in the database only. So an
// event may come twice, late or not at all: only the freshness of screens
// depends on it.
package events

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/fualab/fualab/shared/model"
)

// Stream is the Redis stream of events. Field is the only field of its entries:
// the event in JSON.
const (
	Stream = "fualab:events"
	Field  = "event"
)

// Kept is the approximate number of events in the stream: a few megabytes, and
// hours of an ordinary day.
const Kept = 10_000

// Type is the kind of change. Its part before the dot is the kind of row.
type Type string

// The types of events of the platform. A product has its own.
const (
	RunsQueued   Type = "runs.queued"
	RunsStarted  Type = "runs.started"
	RunsProgress Type = "runs.progress"
	RunsFinished Type = "runs.finished" // an attempt has ended; the state tells whether another one follows
	RunsChanged  Type = "runs.changed"  // a user retried or stopped a run

	ImportsChanged Type = "imports.changed" // an import has made progress or ended

	SchedulesChanged Type = "schedules.changed"

	WorkersJoined Type = "workers.joined"
	WorkersBeat   Type = "workers.beat"
	WorkersLeft   Type = "workers.left"

	// Reset replaces lost events: all rows may have changed.
	Reset Type = "reset"
)

// MostIDs is the largest number of ids in one event.
const MostIDs = 100

// Event is the notice of one change.
type Event struct {
	Type Type       `json:"type"`
	At   model.Time `json:"at"`

	// Count is the number of changed rows, IDs their ids. IDs is empty for more
	// than MostIDs rows, or if the publisher does not know them.
	Count int64   `json:"count,omitempty"`
	IDs   []int64 `json:"ids,omitempty"`

	// Name is the name of a single row, of the schedule, or of the worker's
	// instance.
	Name string `json:"name,omitempty"`

	Run    *Run    `json:"run,omitempty"`
	Import *Import `json:"import,omitempty"`
}

// Run is the run of an event.
type Run struct {
	ID           int64  `json:"id"`
	Task         string `json:"task"`
	State        string `json:"state"` // as in GET /api/runs/{id}
	Attempt      int    `json:"attempt,omitempty"`
	RowsAffected int64  `json:"rows_affected"`
}

// OfRows returns an event about rows with the given ids. It omits the ids if
// there are too many.
func OfRows(t Type, at model.Time, ids ...int64) Event {
	e := Event{Type: t, At: at, Count: int64(len(ids))}
	if len(ids) <= MostIDs {
		e.IDs = ids
	}
	return e
}

// joined merges successive events of the same type about rows, up to the
// largest number of ids in one event.
func joined(all []Event) []Event {
	out := all[:0]
	for _, e := range all {
		if n := len(out); n > 0 && out[n-1].joins(e) {
			last := &out[n-1]
			// The publisher may own IDs, so joined copies them instead of
			// extending them.
			last.IDs = append(slices.Clone(last.IDs), e.IDs...)
			last.Count, last.At, last.Name = last.Count+e.Count, e.At, ""
			continue
		}
		out = append(out, e)
	}
	return out
}

// joins reports whether e and next can become one event.
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
