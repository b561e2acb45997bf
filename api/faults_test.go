package api_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/shared/model"
)

// newRun stores a run in the given state and returns its path.
func newRun(t *testing.T, f *apitest.Faulty, n int) string {
	t.Helper()
	return fmt.Sprintf("/api/runs/%d", apitest.InsertJob(t, f.Db, apitest.Jobs()[n]))
}

func newToken(t *testing.T, f *apitest.Faulty) string {
	t.Helper()
	hash := auth.HashOf(auth.NewToken())
	token := &model.Token{Name: "ci", Hash: hash[:], Scopes: "read"}
	if err := console.NewTokenStore(f.Db, time.Now).CreateToken(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("/api/tokens/%d", token.ID)
}

// operations are those of the platform that ask the database, but for GET
// /ready, which tells of its faults.
var operations = []apitest.Operation{
	{Method: "GET", Path: "/api/schedules", Status: 200, Request: apitest.Plainly("/api/schedules")},
	{Method: "GET", Path: "/api/schedules/{name}", Status: 200, Request: apitest.Plainly("/api/schedules/rows.expire")},
	{Method: "GET", Path: "/api/runs", Status: 200, Request: apitest.Plainly("/api/runs")},
	{Method: "GET", Path: "/api/runs", Status: 200, Request: apitest.Plainly("/api/runs?task=rows.expire&state=completed")},
	{Method: "GET", Path: "/api/runs/{id}", Status: 200, Request: apitest.Plainly("/api/runs/1")},
	{Method: "GET", Path: "/api/workers", Status: 200, Request: apitest.Plainly("/api/workers")},
	{Method: "GET", Path: "/api/tokens", Status: 200, Request: apitest.Plainly("/api/tokens")},
	{Method: "PATCH", Path: "/api/schedules/{name}", Status: 200, Request: func(*testing.T, *apitest.Faulty) apitest.Request {
		return apitest.Request{Path: "/api/schedules/rows.expire", Body: `{"paused":true}`}
	}},
	{Method: "POST", Path: "/api/schedules/{name}/runs", Status: 202, Request: apitest.Plainly("/api/schedules/rows.expire/runs")},
	{Method: "POST", Path: "/api/runs/{id}/retry", Status: 200, Request: func(t *testing.T, f *apitest.Faulty) apitest.Request {
		return apitest.Request{Path: newRun(t, f, 0) + "/retry"}
	}},
	{Method: "POST", Path: "/api/runs/{id}/cancel", Status: 200, Request: func(t *testing.T, f *apitest.Faulty) apitest.Request {
		return apitest.Request{Path: newRun(t, f, 5) + "/cancel"}
	}},
	{Method: "DELETE", Path: "/api/tokens/{id}", Status: 204, Request: func(t *testing.T, f *apitest.Faulty) apitest.Request { return apitest.Request{Path: newToken(t, f)} }},
}

// untouching are the operations that do not ask the database, and those that
// tell of its faults.
var untouching = []string{
	"GET /health", "GET /api/health", "GET /ready", "GET /api/ready", "GET /api/me", "GET /api/events",
}

// nothing prepares nothing.
func nothing(*testing.T, *apitest.Faulty) {}

func TestEachFailedStatementIsAProblem(t *testing.T) {
	t.Parallel()
	apitest.CheckFailedStatements(t, nothing, operations)
}

func TestRepeatedPostTakesEffectOnce(t *testing.T) {
	t.Parallel()
	apitest.CheckRepeatedPosts(t, nothing, operations)
}

func TestHangingStatementEndsItsRequest(t *testing.T) {
	t.Parallel()
	apitest.CheckHangingStatements(t, nothing, operations)
}

// TestEachOperationHasItsFaults: the tables above have each operation of the platform.
func TestEachOperationHasItsFaults(t *testing.T) {
	t.Parallel()
	for route := range matrix {
		known := slices.Contains(untouching, route) || slices.ContainsFunc(operations, func(o apitest.Operation) bool { return o.Method+" "+o.Path == route })
		if !known && matrix[route] != apitest.Open {
			t.Errorf("no request with faults for %s", route)
		}
	}
}
