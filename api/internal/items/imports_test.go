package items_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
)

func TestImports(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := apitest.NewHarness(t, db)
		csv, part := "Content-Type: text/csv", "Content-Type: application/partial-upload"
		h.Follow([]apitest.Step{
			{Name: "none", Method: "GET", Path: "/api/imports", Status: 200, Want: "[]\n"},
			{Name: "whole", Method: "POST", Path: "/api/imports?mode=upsert&max_errors=3", Body: "name\na\n", Headers: []string{csv}, Status: 202, Want: `"state":"queued"`, Answers: []string{"Location: /api/imports/1", "Upload-Offset: 7", "Upload-Complete: ?1"}},
			{Name: "it is there", Method: "GET", Path: "/api/imports/1", Status: 200, Want: `"mode":"upsert","dry_run":false,"max_errors":3,"cancel_requested":false,"bytes_received":7,"bytes_total":null`},
			{Name: "begun", Method: "POST", Path: "/api/imports", Body: "name", Headers: []string{csv, "Upload-Complete: ?0"}, Status: 201, Want: `"state":"uploading"`, Answers: []string{"Location: /api/imports/2", "Upload-Offset: 4", "Upload-Complete: ?0"}},
			{Name: "where it goes on", Method: "HEAD", Path: "/api/imports/2", Status: 200, Answers: []string{"Upload-Offset: 4", "Upload-Complete: ?0"}},
			{Name: "not there", Method: "PATCH", Path: "/api/imports/2", Body: "\nb", Headers: []string{part, "Upload-Offset: 5"}, Status: 409, Want: "goes on at byte 4"},
			{Name: "without saying where", Method: "PATCH", Path: "/api/imports/2", Body: "\nb", Headers: []string{part}, Status: 422, Want: "Upload-Offset"},
			{Name: "there", Method: "PATCH", Path: "/api/imports/2", Body: "\nb", Headers: []string{part, "Upload-Offset: 4"}, Status: 200, Answers: []string{"Upload-Offset: 6"}},
			{Name: "the end", Method: "PATCH", Path: "/api/imports/2", Body: "\n", Headers: []string{part, "Upload-Offset: 6", "Upload-Complete: ?1"}, Status: 202, Want: `"state":"queued"`},
			{Name: "past the end", Method: "PATCH", Path: "/api/imports/2", Body: "\n", Headers: []string{part, "Upload-Offset: 7"}, Status: 409, Want: "it is queued"},
			{Name: "of no import", Method: "PATCH", Path: "/api/imports/99", Body: "x", Headers: []string{part, "Upload-Offset: 0"}, Status: 404},
			{Name: "with a key", Method: "POST", Path: "/api/imports", Body: "name\nc\n", Headers: []string{csv, "Idempotency-Key: k"}, Status: 202, Answers: []string{"Location: /api/imports/3"}},
			{Name: "once", Method: "POST", Path: "/api/imports", Body: "name\nc\n", Headers: []string{csv, "Idempotency-Key: k"}, Status: 202, Answers: []string{"Location: /api/imports/3", "Idempotent-Replayed: true"}},
			{Name: "list", Method: "GET", Path: "/api/imports?limit=1", Status: 200, Want: `[{"id":3,`, Answers: []string{`Link: </api/imports?before=3&limit=1>; rel="next"`}},
			{Name: "the next page", Method: "GET", Path: "/api/imports?limit=2&before=3", Status: 200, Want: `[{"id":2,`},
			{Name: "no columns", Method: "POST", Path: `/api/imports?columns=%5B%5D`, Body: "name\n", Headers: []string{csv}, Status: 422, Want: `"parameter":"columns"`},
			{Name: "no such column", Method: "POST", Path: `/api/imports?columns=%7B%22a%22%3A%22slug%22%7D`, Body: "name\n", Headers: []string{csv}, Status: 422, Want: `"parameter":"columns"`},
			{Name: "an encoding that is none", Method: "POST", Path: "/api/imports", Body: "x", Headers: []string{csv, "Content-Encoding: br"}, Status: 415},
			{Name: "no faults", Method: "GET", Path: "/api/imports/1/errors", Status: 200, Want: "[]\n"},
			{Name: "no faults in CSV", Method: "GET", Path: "/api/imports/1/errors?format=csv", Status: 200, Want: "line,column,reason\n"},
			{Name: "faults of no import", Method: "GET", Path: "/api/imports/99/errors", Status: 404},
			{Name: "cancel", Method: "POST", Path: "/api/imports/2/cancel", Status: 200, Want: `"state":"cancelled"`},
			{Name: "cancel again", Method: "POST", Path: "/api/imports/2/cancel", Status: 200},
			{Name: "cancel none", Method: "POST", Path: "/api/imports/99/cancel", Status: 404},
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
		h := apitest.NewHarness(t, db)
		h.Do("POST", "/api/imports", "", "Upload-Complete: ?0")
		for _, head := range []string{"POST /api/imports HTTP/1.1\r\n", "PATCH /api/imports/1 HTTP/1.1\r\nUpload-Offset: 0\r\n"} {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(h.Base, "http://"))
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
			got := h.Must(200, "GET", "/api/imports", "").Body
			return strings.Count(got, `"id"`) == 1 && strings.Contains(got, `"bytes_received":5`)
		})
	})
}
