package api_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// authors returns created_by and updated_by of a row.
func authors(t *testing.T, db *database.DB, table string, id int64) [2]string {
	t.Helper()
	var created, updated string
	err := db.NewRaw("SELECT coalesce(created_by, 'unknown'), coalesce(updated_by, 'unknown') FROM "+table+" WHERE id = ?", id).Scan(t.Context(), &created, &updated)
	if err != nil {
		t.Fatal(err)
	}
	return [2]string{created, updated}
}

// TestRowsNameTheirAuthors: each operation on an item notes its caller.
func TestRowsNameTheirAuthors(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		g := newGuarded(t, db)
		bearer := func(scopes string) (header, id string) {
			token, n := g.token(scopes, nil)
			return "Authorization: Bearer " + token, fmt.Sprintf("token:%d", n)
		}
		first, firstID := bearer("read write")
		second, secondID := bearer("read write")
		person := "Authorization: Bearer " + g.issuer.Token(t, g.issuer.Claims())
		personID := decode[struct{ ID string }](t, g.do("GET", "/api/me", "", person).Body).ID
		patch := "Content-Type: application/merge-patch+json"
		for _, s := range []struct {
			name, method, path, body string
			headers                  []string
			status                   int
			id                       int64
			want                     [2]string
		}{
			{"create", "POST", "/api/items", `{"name":"a"}`, []string{first}, 201, 1, [2]string{firstID, firstID}},
			{"change", "PATCH", "/api/items/1", `{"name":"b"}`, []string{second, patch}, 200, 1, [2]string{firstID, secondID}},
			{"delete", "DELETE", "/api/items/1", "", []string{person}, 204, 1, [2]string{firstID, personID}},
			{"restore", "POST", "/api/items/1/restore", "", []string{second}, 200, 1, [2]string{firstID, secondID}},
			{"batch", "POST", "/api/items/batch", `[{"name":"c"},{"name":"d"}]`, []string{person}, 201, 3, [2]string{personID, personID}},
			{"create once", "POST", "/api/items", `{"name":"e"}`, []string{second, "Idempotency-Key: k"}, 201, 4, [2]string{secondID, secondID}},
		} {
			if got := g.do(s.method, s.path, s.body, s.headers...); got.Status != s.status {
				t.Fatalf("%s: %d %s", s.name, got.Status, got.Body)
			}
			if diff := cmp.Diff(s.want, authors(t, db, "items", s.id)); diff != "" {
				t.Errorf("%s (-want +stored):\n%s", s.name, diff)
			}
		}
		open := newHarness(t, db)
		open.do("PATCH", "/api/items/1", `{"name":"f"}`, patch)
		if diff := cmp.Diff([2]string{firstID, "unknown"}, authors(t, db, "items", 1)); diff != "" {
			t.Errorf("a caller that is not known (-want +stored):\n%s", diff)
		}
	})
}

// TestImportsBelongToTheirCreators: only the creator and an admin continue,
// complete or cancel an upload; other callers read it.
func TestImportsBelongToTheirCreators(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		g := newGuarded(t, db)
		bearer := func(scopes string) string {
			token, _ := g.token(scopes, nil)
			return "Authorization: Bearer " + token
		}
		owner, other, admin := bearer("read write"), bearer("read write"), bearer("read write admin")
		csv, part := "Content-Type: text/csv", "Content-Type: application/partial-upload"
		begun := func(name string) step {
			return step{name: name, method: "POST", path: "/api/imports", body: "name\n", headers: []string{owner, csv, "Upload-Complete: ?0"}, status: 201}
		}
		at := func(offset int) []string { return []string{part, fmt.Sprintf("Upload-Offset: %d", offset)} }
		const theirs = "belongs to another caller"
		g.follow([]step{
			begun("begun"),
			{name: "another caller reads", method: "GET", path: "/api/imports/1", headers: []string{other}, status: 200},
			{name: "and does not continue", method: "PATCH", path: "/api/imports/1", body: "evil\n", headers: append(at(5), other), status: 403, want: theirs},
			{name: "nor complete", method: "PATCH", path: "/api/imports/1", headers: append(at(5), other, "Upload-Complete: ?1"), status: 403, want: theirs},
			{name: "nor cancel", method: "POST", path: "/api/imports/1/cancel", headers: []string{other}, status: 403, want: theirs},
			{name: "the creator continues", method: "PATCH", path: "/api/imports/1", body: "a\n", headers: append(at(5), owner), status: 200},
			{name: "an admin, too", method: "PATCH", path: "/api/imports/1", body: "b\n", headers: append(at(7), admin, "Upload-Complete: ?1"), status: 202},
			{name: "the creator cancels", method: "POST", path: "/api/imports/1/cancel", headers: []string{owner}, status: 200, want: `"state":"cancelled"`},
			begun("begun again"),
			{name: "an admin cancels", method: "POST", path: "/api/imports/2/cancel", headers: []string{admin}, status: 200, want: `"state":"cancelled"`},
			{name: "of no import", method: "POST", path: "/api/imports/9/cancel", headers: []string{other}, status: 404},
		})
		var file []byte
		if err := db.NewRaw("SELECT data FROM import_chunks WHERE import_id = 1 ORDER BY first_byte LIMIT 1 OFFSET 1").Scan(t.Context(), &file); err != nil || string(file) != "a\n" {
			t.Errorf("the second part is %q, %v", file, err)
		}
		var by []string
		if err := db.NewRaw("SELECT created_by FROM imports ORDER BY id").Scan(t.Context(), &by); err != nil || len(slices.Compact(by)) != 1 {
			t.Errorf("created by %q, %v", by, err)
		}
	})
}
