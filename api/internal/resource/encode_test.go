package resource_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/resource/resourcetest"
	"github.com/fualab/fualab/shared/model"
)

// asJSON is a thing as encoding/json would write it, in the order of the declaration.
type asJSON struct {
	ID        int64              `json:"id"`
	Name      string             `json:"name"`
	Notes     string             `json:"notes"`
	Code      *string            `json:"code"`
	State     resourcetest.State `json:"state"`
	Size      int64              `json:"size"`
	Weight    *float64           `json:"weight"`
	Urgent    bool               `json:"urgent"`
	Due       *model.Time        `json:"due"`
	Extra     json.RawMessage    `json:"extra"`
	Slug      *string            `json:"slug"`
	Complete  bool               `json:"complete"`
	Version   int64              `json:"version"`
	CreatedAt model.Time         `json:"created_at"`
	UpdatedAt model.Time         `json:"updated_at"`
}

func TestRowsAreEncodedAsByTheStandardLibrary(t *testing.T) {
	t.Parallel()
	things := resourcetest.Things()
	for _, text := range []string{"", "plain", `"\/`, "\b\f\n\r\t\x00\x01\x1f\x7f", "<&>", "é\u2028\u2029\u2027€🙂", "\xff broken"} {
		for _, n := range []float64{0, 1, -1.5, 1e21, 1e-9, 123456789.123} {
			due := model.NewTime(time.Unix(1e9, 123456789))
			thing := &resourcetest.Thing{Name: text, Notes: text, Code: &text, State: "open", Size: 1<<62 + 1, Weight: &n, Urgent: true, Due: &due, Extra: `{"a":"<"}`, Complete: true}
			thing.ID, thing.Version, thing.CreatedAt, thing.UpdatedAt = 7, 3, due, due
			holds(t, things.EncodeRow(thing), thing)
		}
	}
	empty := new(resourcetest.Thing)
	holds(t, things.EncodeRow(empty), empty)
}

func holds(t *testing.T, got []byte, thing *resourcetest.Thing) {
	t.Helper()
	extra := string(thing.Extra)
	if extra == "" {
		extra = "{}"
	}
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(asJSON{
		thing.ID, thing.Name, thing.Notes, thing.Code, thing.State, thing.Size, thing.Weight, thing.Urgent, thing.Due,
		json.RawMessage(extra), thing.Slug, thing.Complete, thing.Version, thing.CreatedAt, thing.UpdatedAt,
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)+"\n"); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
