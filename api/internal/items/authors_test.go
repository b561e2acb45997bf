package items_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/apitest"
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
		g := apitest.NewGuarded(t, db)
		bearer := func(scopes string) (header, id string) {
			token, n := g.Token(scopes, nil)
			return "Authorization: Bearer " + token, fmt.Sprintf("token:%d", n)
		}
		first, firstID := bearer("read write")
		second, secondID := bearer("read write")
		person := "Authorization: Bearer " + g.Issuer.Token(t, g.Issuer.Claims())
		personID := apitest.Decode[struct{ ID string }](t, g.Do("GET", "/api/me", "", person).Body).ID
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
			if got := g.Do(s.method, s.path, s.body, s.headers...); got.Status != s.status {
				t.Fatalf("%s: %d %s", s.name, got.Status, got.Body)
			}
			if diff := cmp.Diff(s.want, authors(t, db, "items", s.id)); diff != "" {
				t.Errorf("%s (-want +stored):\n%s", s.name, diff)
			}
		}
		open := apitest.NewHarness(t, db)
		open.Do("PATCH", "/api/items/1", `{"name":"f"}`, patch)
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
		g := apitest.NewGuarded(t, db)
		bearer := func(scopes string) string {
			token, _ := g.Token(scopes, nil)
			return "Authorization: Bearer " + token
		}
		owner, other, admin := bearer("read write"), bearer("read write"), bearer("read write admin")
		csv, part := "Content-Type: text/csv", "Content-Type: application/partial-upload"
		begun := func(name string) apitest.Step {
			return apitest.Step{Name: name, Method: "POST", Path: "/api/imports", Body: "name\n", Headers: []string{owner, csv, "Upload-Complete: ?0"}, Status: 201}
		}
		at := func(offset int) []string { return []string{part, fmt.Sprintf("Upload-Offset: %d", offset)} }
		const theirs = "belongs to another caller"
		g.Follow([]apitest.Step{
			begun("begun"),
			{Name: "another caller reads", Method: "GET", Path: "/api/imports/1", Headers: []string{other}, Status: 200},
			{Name: "and does not continue", Method: "PATCH", Path: "/api/imports/1", Body: "evil\n", Headers: append(at(5), other), Status: 403, Want: theirs},
			{Name: "nor complete", Method: "PATCH", Path: "/api/imports/1", Headers: append(at(5), other, "Upload-Complete: ?1"), Status: 403, Want: theirs},
			{Name: "nor cancel", Method: "POST", Path: "/api/imports/1/cancel", Headers: []string{other}, Status: 403, Want: theirs},
			{Name: "the creator continues", Method: "PATCH", Path: "/api/imports/1", Body: "a\n", Headers: append(at(5), owner), Status: 200},
			{Name: "an admin, too", Method: "PATCH", Path: "/api/imports/1", Body: "b\n", Headers: append(at(7), admin, "Upload-Complete: ?1"), Status: 202},
			{Name: "the creator cancels", Method: "POST", Path: "/api/imports/1/cancel", Headers: []string{owner}, Status: 200, Want: `"state":"cancelled"`},
			begun("begun again"),
			{Name: "an admin cancels", Method: "POST", Path: "/api/imports/2/cancel", Headers: []string{admin}, Status: 200, Want: `"state":"cancelled"`},
			{Name: "of no import", Method: "POST", Path: "/api/imports/9/cancel", Headers: []string{other}, Status: 404},
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
