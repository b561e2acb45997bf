package events

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// The events of a product.
const (
	thingsCreated Type = "things.created"
	thingsUpdated Type = "things.updated"
)

var noon = model.NewTime(time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC))

func TestOfRowsNamesOnlySoMany(t *testing.T) {
	t.Parallel()
	for n, named := range map[int]int{0: 0, 1: 1, MostIDs: MostIDs, MostIDs + 1: 0} {
		e := OfRows(thingsCreated, noon, slices.Repeat([]int64{7}, n)...)
		if e.Count != int64(n) || len(e.IDs) != named {
			t.Errorf("%d things: a count of %d and %d ids, want %d", n, e.Count, len(e.IDs), named)
		}
	}
}

func TestJoined(t *testing.T) {
	t.Parallel()
	thing := func(of Type, id int64) Event {
		return Event{Type: of, At: noon, Count: 1, IDs: []int64{id}, Name: "Sample"}
	}
	many := OfRows(thingsCreated, noon, slices.Repeat([]int64{9}, MostIDs)...)
	unnamed := Event{Type: thingsCreated, At: noon, Count: 5}
	run := Event{Type: RunsQueued, At: noon, Run: &Run{ID: 1}}
	got := joined([]Event{
		thing(thingsCreated, 1), thing(thingsCreated, 2), thing(thingsCreated, 3), thing(thingsUpdated, 1), thing(thingsCreated, 4),
		many, thing(thingsCreated, 5), unnamed, thing(thingsCreated, 6), run, run,
	})
	want := []Event{
		OfRows(thingsCreated, noon, 1, 2, 3), thing(thingsUpdated, 1), thing(thingsCreated, 4),
		many, thing(thingsCreated, 5), unnamed, thing(thingsCreated, 6), run, run,
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(model.Time{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOfRun(t *testing.T) {
	t.Parallel()
	e := OfRun(RunsStarted, noon, &runs.Run{ID: 5, Task: "test.task", State: runs.StateRunning, Attempt: 2, Output: runs.Output{RowsAffected: 3}})
	want := Event{Type: RunsStarted, At: noon, Run: &Run{ID: 5, Task: "test.task", State: "running", Attempt: 2, RowsAffected: 3}}
	if diff := cmp.Diff(want, e, cmpopts.EquateComparable(model.Time{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestForm fixes the form of an event, which programs of two releases share.
func TestForm(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]Event{
		`{"type":"things.updated","at":"2030-01-31T12:00:00.000000Z","count":1,"ids":[7],"name":"Sample"}`: {
			Type: thingsUpdated, At: noon, Count: 1, IDs: []int64{7}, Name: "Sample",
		},
		`{"type":"runs.finished","at":"2030-01-31T12:00:00.000000Z","run":{"id":1,"task":"test.task","state":"completed","attempt":1,"rows_affected":0}}`: {
			Type: RunsFinished, At: noon, Run: &Run{ID: 1, Task: "test.task", State: "completed", Attempt: 1},
		},
		`{"type":"reset","at":"2030-01-31T12:00:00.000000Z"}`: {Type: Reset, At: noon},
	} {
		text, err := json.Marshal(e)
		if err != nil || string(text) != want {
			t.Errorf("%s, %v; want %s", text, err, want)
		}
		got, err := Decode(map[string]any{Field: want})
		if diff := cmp.Diff(e, got, cmpopts.EquateComparable(model.Time{})); diff != "" || err != nil {
			t.Errorf("decoded %s, %v (-want +got):\n%s", want, err, diff)
		}
	}
}

func TestDecodeGarbage(t *testing.T) {
	t.Parallel()
	for _, values := range []map[string]any{
		nil, {}, {"other": "{}"}, {Field: 5}, {Field: ""}, {Field: "nonsense"}, {Field: "[]"},
		{Field: `{"type":5}`}, {Field: `{"type":"reset","at":"yesterday"}`},
	} {
		if e, err := Decode(values); err == nil {
			t.Errorf("%v became %+v", values, e)
		}
	}
}
