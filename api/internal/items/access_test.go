package items_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/testdb"
)

// matrix holds the routes of items, with the scope that each needs.
var matrix = map[string]string{
	"GET /api/items": apitest.Reads, "GET /api/items/export": apitest.Reads, "GET /api/items/{id}": apitest.Reads,
	"POST /api/items": apitest.Writes, "POST /api/items/batch": apitest.Writes, "PATCH /api/items/{id}": apitest.Writes,
	"DELETE /api/items/{id}": apitest.Writes, "POST /api/items/{id}/restore": apitest.Writes,

	"GET /api/imports": apitest.Reads, "GET /api/imports/{id}": apitest.Reads, "GET /api/imports/{id}/errors": apitest.Reads,
	"POST /api/imports": apitest.Writes, "PATCH /api/imports/{id}": apitest.Writes, "POST /api/imports/{id}/cancel": apitest.Writes,

	"GET /api/stats/items": apitest.Reads,
}

// TestEveryRouteIsInTheMatrix: a new operation needs its row.
func TestEveryRouteIsInTheMatrix(t *testing.T) {
	t.Parallel()
	doc, err := apitest.Document()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range doc.Operations() {
		route := strings.ToUpper(op.Method) + " " + op.Path
		_, is := matrix[strings.Replace(route, "HEAD ", "GET ", 1)]
		if of := regexp.MustCompile(`/(items|imports)(/|$)`).MatchString(op.Path); of != is {
			t.Errorf("%s is of items: %t, in the matrix: %t", route, of, is)
		}
	}
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	apitest.CheckMatrix(t, matrix)
}

func TestRefusalsCostLittle(t *testing.T) {
	t.Parallel()
	apitest.CheckRefusals(t, matrix)
}

// TestCacheAsksWhoMayRead: a cached answer is only for callers that may read it.
func TestCacheAsksWhoMayRead(t *testing.T) {
	t.Parallel()
	g := apitest.NewGuarded(t, testdb.New(t, "sqlite"))
	writer, _ := g.Token("write", nil)
	reader, _ := g.Token("read", nil)
	made := g.Do("POST", "/api/items", `{"name":"Sample"}`, "Authorization: Bearer "+writer)
	if made.Status != 201 {
		t.Fatalf("create: %d %s", made.Status, made.Body)
	}
	for range 2 {
		if got := g.Do("GET", "/api/items/1", "", "Authorization: Bearer "+reader); got.Status != 200 {
			t.Fatalf("read: %d %s", got.Status, got.Body)
		}
		apitest.Refused(t, "who may write alone", g.Do("GET", "/api/items/1", "", "Authorization: Bearer "+writer), 403, `scope="read"`)
		apitest.Refused(t, "nobody", g.Do("GET", "/api/items/1", ""), 401, "Bearer")
	}
}
