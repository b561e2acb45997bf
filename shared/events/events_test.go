package events

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/model"
)

var noon = model.NewTime(time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC))

func TestItemsNamesOnlySoMany(t *testing.T) {
	t.Parallel()
	for n, named := range map[int]int{0: 0, 1: 1, MostIDs: MostIDs, MostIDs + 1: 0} {
		e := Items(ItemsCreated, noon, slices.Repeat([]int64{7}, n)...)
		if e.Count != int64(n) || len(e.IDs) != named {
			t.Errorf("%d items: a count of %d and %d ids, want %d", n, e.Count, len(e.IDs), named)
		}
	}
}

func TestJoined(t *testing.T) {
	t.Parallel()
	item := func(of Type, id int64) Event {
		return Event{Type: of, At: noon, Count: 1, IDs: []int64{id}, Name: "Sample"}
	}
	many := Items(ItemsCreated, noon, slices.Repeat([]int64{9}, MostIDs)...)
	unnamed := Event{Type: ItemsCreated, At: noon, Count: 5}
	run := Event{Type: RunsQueued, At: noon, Run: &Run{ID: 1}}
	got := joined([]Event{
		item(ItemsCreated, 1), item(ItemsCreated, 2), item(ItemsCreated, 3), item(ItemsUpdated, 1), item(ItemsCreated, 4),
		many, item(ItemsCreated, 5), unnamed, item(ItemsCreated, 6), run, run,
	})
	want := []Event{
		Items(ItemsCreated, noon, 1, 2, 3), item(ItemsUpdated, 1), item(ItemsCreated, 4),
		many, item(ItemsCreated, 5), unnamed, item(ItemsCreated, 6), run, run,
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(model.Time{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOfRun(t *testing.T) {
	t.Parallel()
	for output, rows := range map[string]int64{`{"output":{"rows_affected":3}}`: 3, `{"output":"text"}`: 0, `{}`: 0} {
		e := OfRun(RunsStarted, noon, &rivertype.JobRow{ID: 5, Kind: "items.expire", State: rivertype.JobStateRunning, Attempt: 2, Metadata: []byte(output)})
		want := Event{Type: RunsStarted, At: noon, Run: &Run{ID: 5, Task: "items.expire", State: "running", Attempt: 2, RowsAffected: rows}}
		if diff := cmp.Diff(want, e, cmpopts.EquateComparable(model.Time{})); diff != "" {
			t.Errorf("with %s (-want +got):\n%s", output, diff)
		}
	}
}

// The form of an event is what programs of two releases have in common.
func TestForm(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]Event{
		`{"type":"items.updated","at":"2030-01-31T12:00:00.000000Z","count":1,"ids":[7],"name":"Sample"}`: {
			Type: ItemsUpdated, At: noon, Count: 1, IDs: []int64{7}, Name: "Sample",
		},
		`{"type":"runs.finished","at":"2030-01-31T12:00:00.000000Z","run":{"id":1,"task":"items.enrich","state":"completed","attempt":1,"rows_affected":0}}`: {
			Type: RunsFinished, At: noon, Run: &Run{ID: 1, Task: "items.enrich", State: "completed", Attempt: 1},
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
