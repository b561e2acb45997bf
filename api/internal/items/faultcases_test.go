package items_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/fualab/fualab/api/internal/apitest"
)

func newItem(t *testing.T, f *apitest.Faulty) int64 {
	t.Helper()
	return apitest.Decode[item](t, f.Must(201, "POST", "/api/items", `{"name":"made"}`).Body).ID
}

// newImport sends the whole file of an import, and leaves its end open.
func newImport(t *testing.T, f *apitest.Faulty) string {
	t.Helper()
	a := f.Do("POST", "/api/imports", "name\na\n", "Content-Type: text/csv", "Upload-Complete: ?0")
	if a.Status != 201 {
		t.Fatalf("begin an import: %d %s", a.Status, a.Body)
	}
	return a.Header.Get("Location")
}

// prepareItems stores item 1 and import 1.
func prepareItems(t *testing.T, f *apitest.Faulty) {
	t.Helper()
	f.Must(201, "POST", "/api/items", `{"name":"first"}`)
	newImport(t, f)
}

// operations are those that ask the database.
var operations = []apitest.Operation{
	{Method: "GET", Path: "/api/items", Status: 200, Request: apitest.Plainly("/api/items")},
	{Method: "GET", Path: "/api/items", Status: 200, Request: apitest.Plainly("/api/items?total=true&limit=1")},
	{Method: "GET", Path: "/api/items", Status: 200, Request: apitest.Plainly("/api/items?q=first&sort=-name")},
	{Method: "GET", Path: "/api/items", Status: 200, Request: apitest.Plainly("/api/items?limit=2", "Cache-Control: no-cache")},
	{Method: "GET", Path: "/api/items/{id}", Status: 200, Request: apitest.Plainly("/api/items/1")},
	{Method: "GET", Path: "/api/items/export", Status: 200, Request: apitest.Plainly("/api/items/export?format=ndjson")},
	{Method: "GET", Path: "/api/stats/items", Status: 200, Request: apitest.Plainly("/api/stats/items")},
	{Method: "GET", Path: "/api/imports", Status: 200, Request: apitest.Plainly("/api/imports")},
	{Method: "GET", Path: "/api/imports/{id}", Status: 200, Request: apitest.Plainly("/api/imports/1")},
	{Method: "GET", Path: "/api/imports/{id}/errors", Status: 200, Request: apitest.Plainly("/api/imports/1/errors")},
	{Method: "GET", Path: "/api/imports/{id}/errors", Status: 200, Request: apitest.Plainly("/api/imports/1/errors?format=csv")},
	{Method: "POST", Path: "/api/items", Status: 201, Request: func(*testing.T, *apitest.Faulty) apitest.Request {
		return apitest.Request{Path: "/api/items", Body: `{"name":"new"}`}
	}},
	{Method: "POST", Path: "/api/items/batch", Status: 201, Request: func(*testing.T, *apitest.Faulty) apitest.Request {
		return apitest.Request{Path: "/api/items/batch", Body: `[{"name":"one"},{"name":"two"}]`}
	}},
	{Method: "PATCH", Path: "/api/items/{id}", Status: 200, Request: func(t *testing.T, f *apitest.Faulty) apitest.Request {
		return apitest.Request{Path: fmt.Sprintf("/api/items/%d", newItem(t, f)), Body: `{"name":"changed"}`}
	}},
	{Method: "DELETE", Path: "/api/items/{id}", Status: 204, Request: func(t *testing.T, f *apitest.Faulty) apitest.Request {
		return apitest.Request{Path: fmt.Sprintf("/api/items/%d", newItem(t, f))}
	}},
	{Method: "POST", Path: "/api/items/{id}/restore", Status: 200, Request: func(t *testing.T, f *apitest.Faulty) apitest.Request {
		path := fmt.Sprintf("/api/items/%d", newItem(t, f))
		f.Must(204, "DELETE", path, "")
		return apitest.Request{Path: path + "/restore"}
	}},
	{Method: "POST", Path: "/api/imports", Status: 202, Request: func(*testing.T, *apitest.Faulty) apitest.Request {
		return apitest.Request{Path: "/api/imports", Body: "name\na\n", Headers: []string{"Content-Type: text/csv"}}
	}},
	{Method: "POST", Path: "/api/imports", Status: 201, Request: func(*testing.T, *apitest.Faulty) apitest.Request {
		return apitest.Request{Path: "/api/imports", Body: "name\na\n", Headers: []string{"Content-Type: text/csv", "Upload-Complete: ?0"}}
	}},
	{Method: "PATCH", Path: "/api/imports/{id}", Status: 202, Request: func(t *testing.T, f *apitest.Faulty) apitest.Request {
		return apitest.Request{Path: newImport(t, f), Headers: []string{"Content-Type: application/partial-upload", "Upload-Offset: 7", "Upload-Complete: ?1"}}
	}},
	{Method: "POST", Path: "/api/imports/{id}/cancel", Status: 200, Request: func(t *testing.T, f *apitest.Faulty) apitest.Request {
		return apitest.Request{Path: newImport(t, f) + "/cancel"}
	}},
}

func TestEachFailedStatementIsAProblem(t *testing.T) {
	t.Parallel()
	apitest.CheckFailedStatements(t, prepareItems, operations)
}

func TestRepeatedPostTakesEffectOnce(t *testing.T) {
	t.Parallel()
	apitest.CheckRepeatedPosts(t, prepareItems, operations)
}

func TestHangingStatementEndsItsRequest(t *testing.T) {
	t.Parallel()
	apitest.CheckHangingStatements(t, prepareItems, operations)
}

// TestEachOperationHasItsFaults: the table above has each operation of the matrix.
func TestEachOperationHasItsFaults(t *testing.T) {
	t.Parallel()
	for route := range matrix {
		if !slices.ContainsFunc(operations, func(o apitest.Operation) bool { return o.Method+" "+o.Path == route }) {
			t.Errorf("no request with faults for %s", route)
		}
	}
}
