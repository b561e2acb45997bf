package resource_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/fualab/fualab/api/internal/resource/resourcetest"
	"github.com/fualab/fualab/shared/model"
)

// FuzzPatch: a merge patch is refused, or gives a row that could have been
// created so.
func FuzzPatch(f *testing.F) {
	for _, body := range []string{
		`{}`, `{"name":"x"}`, `{"name":null}`, `{"notes":null,"extra":{"a":null}}`, `{"extra":{"a":{"b":[1.50,null]}}}`,
		`{"extra":null,"due":"2030-01-31T12:00:00.1234567+02:00"}`, `{"due":null}`, `{"name":"\u0000"}`, `[]`, `null`,
	} {
		f.Add(body)
	}
	things := resourcetest.Things()
	f.Fuzz(func(t *testing.T, body string) {
		if !json.Valid([]byte(body)) {
			return
		}
		extra, err := model.ParseAttributes([]byte(`{"a":{"c":1},"z":2}`))
		if err != nil {
			t.Fatal(err)
		}
		row := resourcetest.Thing{Name: "before", Notes: "d", State: "open", Extra: extra}
		if things.Patch([]byte(body), &row) > 0 {
			return
		}
		if strings.TrimSpace(row.Name) == "" {
			t.Errorf("%s made the name %q", body, row.Name)
		}
		if _, err := model.ParseAttributes([]byte(row.Extra)); err != nil {
			t.Errorf("%s made an object that is none: %v", body, err)
		}
	})
}

// FuzzMoment: a time of the query is left out, refused, or one that can be
// told.
func FuzzMoment(f *testing.F) {
	for _, text := range []string{"", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59.9999999Z", "2026-01-02T03:04:05,5Z", "2026-02-30T00:00:00Z"} {
		f.Add(text)
	}
	things := resourcetest.Things()
	f.Fuzz(func(t *testing.T, text string) {
		kept, err := things.Query(url.Values{"due_before": {text}})
		if err == nil && kept.Has("due_before") != (text != "") {
			t.Errorf("%q is left out: %v", text, kept)
		}
	})
}
