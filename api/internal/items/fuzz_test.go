package items

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
)

// FuzzPatch: a merge patch is refused, or gives an item that could have been
// created so.
func FuzzPatch(f *testing.F) {
	for _, body := range []string{
		`{}`, `{"name":"x"}`, `{"name":null}`, `{"description":null,"attributes":{"a":null}}`, `{"attributes":{"a":{"b":[1.50,null]}}}`,
		`{"attributes":null,"expires_at":"2030-01-31T12:00:00.1234567+02:00"}`, `{"expires_at":null}`, `{"name":"\u0000"}`, `[]`, `null`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var patch itemPatch
		if json.Unmarshal([]byte(body), &patch) != nil {
			return
		}
		attributes, err := model.ParseAttributes([]byte(`{"a":{"c":1},"z":2}`))
		if err != nil {
			t.Fatal(err)
		}
		before := items.Fields{Name: "before", Description: "d", Attributes: attributes}
		after, err := patch.apply(before)
		if err != nil {
			return
		}
		if strings.TrimSpace(after.Name) == "" && after.Name != before.Name {
			t.Errorf("%s made the name %q", body, after.Name)
		}
		if _, err := model.ParseAttributes([]byte(after.Attributes)); err != nil {
			t.Errorf("%s made attributes that are none: %v", body, err)
		}
	})
}

// FuzzMoment: a time of the query is left out, refused, or one that can be
// told.
func FuzzMoment(f *testing.F) {
	for _, text := range []string{"", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59.9999999Z", "2026-01-02T03:04:05,5Z", "2026-02-30T00:00:00Z"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var given rest.Moment
		given.Text = text
		given.OnParamSet(true, nil)
		in := listInput{ItemFilters: ItemFilters{CreatedBefore: given}}
		if len(in.faults()) > 0 {
			return
		}
		page, err := in.page()
		if err != nil || page.Filter.CreatedBefore == nil || in.query().Get("created_before") == "" {
			t.Errorf("%q is left out: %+v, %v", text, page, err)
		}
	})
}

// TestABatchHasTimeToArrive: 8 MiB in huma's 5 s take 13 Mbit/s.
func TestABatchHasTimeToArrive(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	api := rest.New(rest.Config{Log: log})
	Register(api, Config{Log: log})
	if op := api.Document().Paths["/api/items/batch"].Post; op.BodyReadTimeout != rest.BatchTimeout {
		t.Errorf("a batch may take %s", op.BodyReadTimeout)
	}
}
