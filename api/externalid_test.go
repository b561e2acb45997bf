package api_test

import (
	"testing"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

func TestExternalID(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		patch := []string{mergePatch}
		newHarness(t, db).follow([]step{
			{name: "create", method: "POST", path: "/api/items", body: `{"name":"a","external_id":"A-1"}`, status: 201, want: `"external_id":"A-1"`},
			{name: "another case is another one", method: "POST", path: "/api/items", body: `{"name":"b","external_id":"a-1"}`, status: 201},
			{name: "taken", method: "POST", path: "/api/items", body: `{"name":"b","external_id":"A-1"}`, status: 409, want: "external_id"},
			{name: "none", method: "POST", path: "/api/items", body: `{"name":"c","external_id":null}`, status: 201, want: `"external_id":null`},
			{name: "empty", method: "POST", path: "/api/items", body: `{"name":"c","external_id":""}`, status: 422, want: "#/external_id"},
			{name: "NUL", method: "POST", path: "/api/items", body: `{"name":"c","external_id":"\u0000"}`, status: 422, want: "#/external_id"},
			{name: "twice in a batch", method: "POST", path: "/api/items/batch", body: `[{"name":"d","external_id":"D"},{"name":"e","external_id":"D"}]`, status: 409},
			{name: "nothing of that is there", method: "GET", path: "/api/items?external_id=D", status: 200, want: "[]\n"},
			{name: "find", method: "GET", path: "/api/items?external_id=A-1", status: 200, want: `[{"id":1,`},
			{name: "change to a taken one", method: "PATCH", path: "/api/items/2", body: `{"external_id":"A-1"}`, headers: patch, status: 409},
			{name: "change", method: "PATCH", path: "/api/items/2", body: `{"external_id":"B"}`, headers: patch, status: 200, want: `"external_id":"B"`},
			{name: "it stays", method: "PATCH", path: "/api/items/2", body: `{"name":"bb"}`, headers: patch, status: 200, want: `"external_id":"B"`},
			{name: "take away", method: "PATCH", path: "/api/items/2", body: `{"external_id":null}`, headers: patch, status: 200, want: `"external_id":null`},
			{name: "delete", method: "DELETE", path: "/api/items/1", status: 204},
			{name: "free again", method: "POST", path: "/api/items", body: `{"name":"f","external_id":"A-1"}`, status: 201},
			{name: "restore a taken one", method: "POST", path: "/api/items/1/restore", status: 409},
		})
	})
}
