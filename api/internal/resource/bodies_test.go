package resource_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/resource/resourcetest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// faultsOf returns the place and the text of each fault of a response.
func faultsOf(t *testing.T, r *resourcetest.Response) []string {
	t.Helper()
	var problem struct {
		Errors []struct{ Pointer, Parameter, Detail string } `json:"errors"`
	}
	if err := json.Unmarshal([]byte(r.Body), &problem); err != nil {
		t.Fatalf("%s: %v", r.Body, err)
	}
	var all []string
	for _, e := range problem.Errors {
		all = append(all, e.Pointer+e.Parameter+" "+e.Detail)
	}
	return all
}

// TestEachFaultOfABodyIsListed in the order of the columns, with the index of its row in a batch, also in a batch of one.
func TestEachFaultOfABodyIsListed(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		resourcetest.CreateTables(t, db)
		s := resourcetest.Serve(t, db, resourcetest.Of(resourcetest.Things()), resourcetest.Of(resourcetest.Parts()))
		at := s.Want(http.StatusCreated, http.MethodPost, "/api/things", map[string]any{"name": "A"}).Header.Get("Location")
		const blank, zero = "must contain a visible character", "must not contain the NUL character"
		for _, tt := range []struct {
			method, path, body string
			want               []string
		}{
			{http.MethodPost, "/api/things", `{"extra":{"k":"\u0000"},"notes":"\u0000","name":" \t"}`, []string{"#/name " + blank, "#/notes " + zero, "#/extra " + zero}},
			{http.MethodPost, "/api/things", `{"name":"\u0000"}`, []string{"#/name " + blank, "#/name " + zero}},
			{http.MethodPost, "/api/things/batch", `[{"name":"\u200b"}]`, []string{"#/0/name " + blank}},
			{http.MethodPost, "/api/things/batch", `[{"name":"a","extra":{"k":"\u0000"}},{"name":" "}]`, []string{"#/0/extra " + zero, "#/1/name " + blank}},
			{http.MethodPatch, at, `{"extra":{"k":"\u0000"},"name":" "}`, []string{"#/name " + blank, "#/extra " + zero}},
			{http.MethodPost, "/api/parts/batch", `[{"title":"P","serial":1,"thing_id":99}]`, []string{"#/0/thing_id is not the id of any of the things"}},
		} {
			got := faultsOf(t, s.Want(http.StatusUnprocessableEntity, tt.method, tt.path, tt.body))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s %s %s (-want +got):\n%s", tt.method, tt.path, tt.body, diff)
			}
		}
	})
}

// TestAQueryKeepsTheRulesOfABody: the bounds of a column, and the form of a time.
func TestAQueryKeepsTheRulesOfABody(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		resourcetest.CreateTables(t, db)
		s := resourcetest.Serve(t, db, resourcetest.Of(resourcetest.Things()))
		for body, query := range map[string]string{
			`{"name":"A","size":-1}`:                           "size=-1",
			`{"name":"A","due":"yesterday"}`:                   "due_after=yesterday",
			`{"name":"A","due":"9999-12-31T23:59:59-01:00"}`:   "due_before=9999-12-31T23:59:59-01:00",
			`{"name":"A","due":"2030-01-02T03:04:05.5+24:00"}`: "due_after=2030-01-02T03:04:05.5%2B24:00",
		} {
			told := faultsOf(t, s.Want(http.StatusUnprocessableEntity, http.MethodPost, "/api/things", body))
			asked := faultsOf(t, s.Want(http.StatusUnprocessableEntity, http.MethodGet, "/api/things?"+query, nil))
			var place, parameter, detail string
			if len(told) == 1 {
				_, _ = fmt.Sscan(told[0], &place)
				detail = told[0][len(place):]
			}
			if len(asked) == 1 {
				_, _ = fmt.Sscan(asked[0], &parameter)
			}
			if len(told) != 1 || len(asked) != 1 || asked[0] != parameter+detail {
				t.Errorf("%s: %v\n%s: %v", body, told, query, asked)
			}
		}
	})
}
