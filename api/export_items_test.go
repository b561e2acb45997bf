package api_test

import (
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

const exportHeader = "external_id,name,description,attributes,expires_at,created_at\n"

func TestExport(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := newHarness(t, db)
		empty := []step{
			{name: "nothing", method: "GET", path: "/api/items/export", status: 200, want: exportHeader, answers: []string{"Content-Type: text/csv", "Vary: Accept-Encoding"}},
			{name: "nothing of NDJSON", method: "GET", path: "/api/items/export?format=ndjson", status: 200, answers: []string{"Content-Type: application/x-ndjson", `Content-Disposition: attachment; filename="items.ndjson"`}},
			{name: "head", method: "HEAD", path: "/api/items/export", status: 200, answers: []string{"Content-Type: text/csv"}},
			{name: "no format", method: "GET", path: "/api/items/export?format=xml", status: 422, want: "format"},
			{name: "NUL", method: "GET", path: "/api/items/export?q=%00", status: 422, want: `"parameter":"q"`},
		}
		h.follow(empty)
		h.must(201, "POST", "/api/items", `{"name":"=1+1","external_id":"A","attributes":{"a":null},"expires_at":"2030-01-31T12:00:00Z"}`)
		h.must(201, "POST", "/api/items", `{"name":"two\r\nlines"}`)
		h.must(201, "POST", "/api/items", `{"name":"gone"}`)
		h.must(204, "DELETE", "/api/items/3", "")
		csv := exportHeader +
			`A,'=1+1,,"{""a"":null}",2030-01-31T12:00:00.000000Z,2026-01-02T03:04:` + "06.234567Z\n" +
			",\"two\r\nlines\",,{},,2026-01-02T03:04:07.469134Z\n"
		if got := h.must(200, "GET", "/api/items/export", "").Body; got != csv {
			t.Errorf("CSV: %s\nwant %s", got, csv)
		}
		ndjson := `{"external_id":"A","name":"=1+1","description":"","attributes":{"a":null},"expires_at":"2030-01-31T12:00:00.000000Z","created_at":"2026-01-02T03:04:06.234567Z"}` + "\n"
		if got := h.must(200, "GET", "/api/items/export?format=ndjson&external_id=A", "").Body; got != ndjson {
			t.Errorf("NDJSON: %s\nwant %s", got, ndjson)
		}
		if got := h.must(200, "GET", "/api/items/export?created_before=0001-01-01T00:00:00Z", "").Body; got != exportHeader {
			t.Errorf("before all time: %s", got)
		}
		packed := h.do("GET", "/api/items/export", "", "Accept-Encoding: br, gzip;q=0.5")
		r, err := gzip.NewReader(strings.NewReader(packed.Body))
		if err != nil || packed.Header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("gzip: %v, %v", err, packed.Header)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != csv {
			t.Errorf("gzip: %s, %v", got, err)
		}
	})
}
