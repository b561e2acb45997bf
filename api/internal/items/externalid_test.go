package items_test

import (
	"testing"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

func TestExternalID(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		patch := []string{apitest.MergePatch}
		apitest.NewHarness(t, db).Follow([]apitest.Step{
			{Name: "create", Method: "POST", Path: "/api/items", Body: `{"name":"a","external_id":"A-1"}`, Status: 201, Want: `"external_id":"A-1"`},
			{Name: "another case is another one", Method: "POST", Path: "/api/items", Body: `{"name":"b","external_id":"a-1"}`, Status: 201},
			{Name: "taken", Method: "POST", Path: "/api/items", Body: `{"name":"b","external_id":"A-1"}`, Status: 409, Want: "external_id"},
			{Name: "none", Method: "POST", Path: "/api/items", Body: `{"name":"c","external_id":null}`, Status: 201, Want: `"external_id":null`},
			{Name: "empty", Method: "POST", Path: "/api/items", Body: `{"name":"c","external_id":""}`, Status: 422, Want: "#/external_id"},
			{Name: "NUL", Method: "POST", Path: "/api/items", Body: `{"name":"c","external_id":"\u0000"}`, Status: 422, Want: "#/external_id"},
			{Name: "twice in a batch", Method: "POST", Path: "/api/items/batch", Body: `[{"name":"d","external_id":"D"},{"name":"e","external_id":"D"}]`, Status: 409},
			{Name: "nothing of that is there", Method: "GET", Path: "/api/items?external_id=D", Status: 200, Want: "[]\n"},
			{Name: "find", Method: "GET", Path: "/api/items?external_id=A-1", Status: 200, Want: `[{"id":1,`},
			{Name: "change to a taken one", Method: "PATCH", Path: "/api/items/2", Body: `{"external_id":"A-1"}`, Headers: patch, Status: 409},
			{Name: "change", Method: "PATCH", Path: "/api/items/2", Body: `{"external_id":"B"}`, Headers: patch, Status: 200, Want: `"external_id":"B"`},
			{Name: "it stays", Method: "PATCH", Path: "/api/items/2", Body: `{"name":"bb"}`, Headers: patch, Status: 200, Want: `"external_id":"B"`},
			{Name: "take away", Method: "PATCH", Path: "/api/items/2", Body: `{"external_id":null}`, Headers: patch, Status: 200, Want: `"external_id":null`},
			{Name: "delete", Method: "DELETE", Path: "/api/items/1", Status: 204},
			{Name: "free again", Method: "POST", Path: "/api/items", Body: `{"name":"f","external_id":"A-1"}`, Status: 201},
			{Name: "restore a taken one", Method: "POST", Path: "/api/items/1/restore", Status: 409},
		})
	})
}
