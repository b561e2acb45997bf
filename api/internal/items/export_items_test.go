package items_test

import (
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

const exportHeader = "external_id,name,description,attributes,expires_at,created_at\n"

func TestExport(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := apitest.NewHarness(t, db)
		empty := []apitest.Step{
			{Name: "nothing", Method: "GET", Path: "/api/items/export", Status: 200, Want: exportHeader, Answers: []string{"Content-Type: text/csv", "Vary: Accept-Encoding"}},
			{Name: "nothing of NDJSON", Method: "GET", Path: "/api/items/export?format=ndjson", Status: 200, Answers: []string{"Content-Type: application/x-ndjson", `Content-Disposition: attachment; filename="items.ndjson"`}},
			{Name: "head", Method: "HEAD", Path: "/api/items/export", Status: 200, Answers: []string{"Content-Type: text/csv"}},
			{Name: "no format", Method: "GET", Path: "/api/items/export?format=xml", Status: 422, Want: "format"},
			{Name: "NUL", Method: "GET", Path: "/api/items/export?q=%00", Status: 422, Want: `"parameter":"q"`},
		}
		h.Follow(empty)
		h.Must(201, "POST", "/api/items", `{"name":"=1+1","external_id":"A","attributes":{"a":null},"expires_at":"2030-01-31T12:00:00Z"}`)
		h.Must(201, "POST", "/api/items", `{"name":"two\r\nlines"}`)
		h.Must(201, "POST", "/api/items", `{"name":"gone"}`)
		h.Must(204, "DELETE", "/api/items/3", "")
		csv := exportHeader +
			`A,'=1+1,,"{""a"":null}",2030-01-31T12:00:00.000000Z,2026-01-02T03:04:` + "06.234567Z\n" +
			",\"two\r\nlines\",,{},,2026-01-02T03:04:07.469134Z\n"
		if got := h.Must(200, "GET", "/api/items/export", "").Body; got != csv {
			t.Errorf("CSV: %s\nwant %s", got, csv)
		}
		ndjson := `{"external_id":"A","name":"=1+1","description":"","attributes":{"a":null},"expires_at":"2030-01-31T12:00:00.000000Z","created_at":"2026-01-02T03:04:06.234567Z"}` + "\n"
		if got := h.Must(200, "GET", "/api/items/export?format=ndjson&external_id=A", "").Body; got != ndjson {
			t.Errorf("NDJSON: %s\nwant %s", got, ndjson)
		}
		if got := h.Must(200, "GET", "/api/items/export?created_before=0001-01-01T00:00:00Z", "").Body; got != exportHeader {
			t.Errorf("before all time: %s", got)
		}
		packed := h.Do("GET", "/api/items/export", "", "Accept-Encoding: br, gzip;q=0.5")
		r, err := gzip.NewReader(strings.NewReader(packed.Body))
		if err != nil || packed.Header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("gzip: %v, %v", err, packed.Header)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != csv {
			t.Errorf("gzip: %s, %v", got, err)
		}
	})
}
