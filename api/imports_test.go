package api_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
)

func TestImports(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := newHarness(t, db)
		csv, part := "Content-Type: text/csv", "Content-Type: application/partial-upload"
		h.follow([]step{
			{name: "none", method: "GET", path: "/api/imports", status: 200, want: "[]\n"},
			{name: "whole", method: "POST", path: "/api/imports?mode=upsert&max_errors=3", body: "name\na\n", headers: []string{csv}, status: 202, want: `"state":"queued"`, answers: []string{"Location: /api/imports/1", "Upload-Offset: 7", "Upload-Complete: ?1"}},
			{name: "it is there", method: "GET", path: "/api/imports/1", status: 200, want: `"mode":"upsert","dry_run":false,"max_errors":3,"cancel_requested":false,"bytes_received":7,"bytes_total":null`},
			{name: "begun", method: "POST", path: "/api/imports", body: "name", headers: []string{csv, "Upload-Complete: ?0"}, status: 201, want: `"state":"uploading"`, answers: []string{"Location: /api/imports/2", "Upload-Offset: 4", "Upload-Complete: ?0"}},
			{name: "where it goes on", method: "HEAD", path: "/api/imports/2", status: 200, answers: []string{"Upload-Offset: 4", "Upload-Complete: ?0"}},
			{name: "not there", method: "PATCH", path: "/api/imports/2", body: "\nb", headers: []string{part, "Upload-Offset: 5"}, status: 409, want: "begins at byte 4"},
			{name: "without saying where", method: "PATCH", path: "/api/imports/2", body: "\nb", headers: []string{part}, status: 422, want: "Upload-Offset"},
			{name: "there", method: "PATCH", path: "/api/imports/2", body: "\nb", headers: []string{part, "Upload-Offset: 4"}, status: 200, answers: []string{"Upload-Offset: 6"}},
			{name: "the end", method: "PATCH", path: "/api/imports/2", body: "\n", headers: []string{part, "Upload-Offset: 6", "Upload-Complete: ?1"}, status: 202, want: `"state":"queued"`},
			{name: "past the end", method: "PATCH", path: "/api/imports/2", body: "\n", headers: []string{part, "Upload-Offset: 7"}, status: 409, want: "it is queued"},
			{name: "of no import", method: "PATCH", path: "/api/imports/99", body: "x", headers: []string{part, "Upload-Offset: 0"}, status: 404},
			{name: "with a key", method: "POST", path: "/api/imports", body: "name\nc\n", headers: []string{csv, "Idempotency-Key: k"}, status: 202, answers: []string{"Location: /api/imports/3"}},
			{name: "once", method: "POST", path: "/api/imports", body: "name\nc\n", headers: []string{csv, "Idempotency-Key: k"}, status: 202, answers: []string{"Location: /api/imports/3", "Idempotent-Replayed: true"}},
			{name: "list", method: "GET", path: "/api/imports?limit=1", status: 200, want: `[{"id":3,`, answers: []string{`Link: </api/imports?before=3&limit=1>; rel="next"`}},
			{name: "the next page", method: "GET", path: "/api/imports?limit=2&before=3", status: 200, want: `[{"id":2,`},
			{name: "no columns", method: "POST", path: `/api/imports?columns=%5B%5D`, body: "name\n", headers: []string{csv}, status: 422, want: `"parameter":"columns"`},
			{name: "no such column", method: "POST", path: `/api/imports?columns=%7B%22a%22%3A%22slug%22%7D`, body: "name\n", headers: []string{csv}, status: 422, want: `"parameter":"columns"`},
			{name: "an encoding that is none", method: "POST", path: "/api/imports", body: "x", headers: []string{csv, "Content-Encoding: br"}, status: 415},
			{name: "no faults", method: "GET", path: "/api/imports/1/errors", status: 200, want: "[]\n"},
			{name: "no faults in CSV", method: "GET", path: "/api/imports/1/errors?format=csv", status: 200, want: "line,column,reason\n"},
			{name: "faults of no import", method: "GET", path: "/api/imports/99/errors", status: 404},
			{name: "cancel", method: "POST", path: "/api/imports/2/cancel", status: 200, want: `"state":"cancelled"`},
			{name: "cancel again", method: "POST", path: "/api/imports/2/cancel", status: 200},
			{name: "cancel none", method: "POST", path: "/api/imports/99/cancel", status: 404},
		})
		var stored, jobs int
		if err := db.NewRaw("SELECT count(*) FROM import_chunks WHERE import_id = 2").Scan(t.Context(), &stored); err != nil || stored != 3 {
			t.Errorf("%d chunks, %v, want 3", stored, err)
		}
		if err := db.NewRaw("SELECT count(*) FROM river_job WHERE kind = 'items.import'").Scan(t.Context(), &jobs); err != nil || jobs != 3 {
			t.Errorf("%d runs, %v, want one an upload", jobs, err)
		}
	})
}

// TestImportBreaksOff: an upload leaves nothing when its client goes away, and
// a part leaves the bytes that have arrived.
func TestImportBreaksOff(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := newHarness(t, db)
		h.do("POST", "/api/imports", "", "Upload-Complete: ?0")
		for _, head := range []string{"POST /api/imports HTTP/1.1\r\n", "PATCH /api/imports/1 HTTP/1.1\r\nUpload-Offset: 0\r\n"} {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(h.base, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = fmt.Fprintf(conn, "%sHost: test\r\nContent-Type: text/csv\r\nContent-Length: 100\r\n\r\nname\n", head)
			_ = conn.(*net.TCPConn).CloseWrite()
			answer, _ := io.ReadAll(conn)
			_ = conn.Close()
			if !strings.Contains(string(answer), " 400 ") {
				t.Errorf("%s: %s", head, answer)
			}
		}
		testwait.For(t, "one import, of the part that has arrived", func() bool {
			got := h.must(200, "GET", "/api/imports", "").Body
			return strings.Count(got, `"id"`) == 1 && strings.Contains(got, `"bytes_received":5`)
		})
	})
}
